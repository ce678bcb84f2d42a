"""The tables of the ledger, with the transitions of guarantees.md, section 4, enforced by the database itself.

What is written for each operation is keyed by the numbers of its plan and of its change, so that it is appended: keyed
by hashes, every row went to another page. For the same reason a CHECK here is a chain of comparisons, what comes most
often first: SQLite makes a table of its own of a list after IN, anew for each row.
"""

APPLICATION_ID = 0x6D696C31  # "mil1"
FORMAT = 4

# `scope` numbers what rows of the id map have in common; `stood` names the fields, but for those that we wrote, that
# were filled when a new record was first read back; `image` is what an undo needs where the plan file is gone.
TABLES = {
    "meta": """
CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
""",
    "plan": """
CREATE TABLE plan(number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, sha256 TEXT NOT NULL, mapping TEXT NOT NULL,
  path TEXT NOT NULL, file TEXT NOT NULL, made TEXT NOT NULL, serial INTEGER NOT NULL, started INTEGER,
  state TEXT NOT NULL) STRICT;
""",
    "run": """
CREATE TABLE run(id INTEGER PRIMARY KEY, plan_id TEXT NOT NULL REFERENCES plan(id), epoch INTEGER NOT NULL UNIQUE,
  state TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', began TEXT NOT NULL, ended TEXT, host TEXT NOT NULL,
  pid INTEGER NOT NULL, boot_id TEXT NOT NULL, sqlite TEXT NOT NULL, tool TEXT NOT NULL) STRICT;
""",
    "op": """
CREATE TABLE op(plan INTEGER NOT NULL REFERENCES plan(number), seq INTEGER NOT NULL, id TEXT NOT NULL,
  object TEXT NOT NULL, kind TEXT NOT NULL CHECK(kind='create' OR kind='update' OR kind='link' OR kind='delete'
  OR kind='append'), marker TEXT, state TEXT NOT NULL DEFAULT 'PLANNED' CHECK(state='APPLIED' OR state='INTENT'
  OR state='VERIFIED' OR state='PLANNED' OR state='NOOP' OR state='IN_DOUBT' OR state='REJECTED'
  OR state='QUARANTINED' OR state='BLOCKED' OR state='SKIPPED'),
  target_id TEXT, sha256 TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', run INTEGER NOT NULL,
  PRIMARY KEY(plan, seq)) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX op_marker ON op(plan, object, marker) WHERE kind='create';
CREATE INDEX op_state ON op(plan, state);
""",
    "attempt": """
CREATE TABLE attempt(plan INTEGER NOT NULL, seq INTEGER NOT NULL, n INTEGER NOT NULL, epoch INTEGER NOT NULL,
  body_sha256 TEXT NOT NULL, boot_id TEXT NOT NULL, boottime_ns INTEGER NOT NULL, wall TEXT NOT NULL, outcome TEXT,
  status INTEGER, evidence TEXT, PRIMARY KEY(plan, seq, n),
  FOREIGN KEY(plan, seq) REFERENCES op(plan, seq)) STRICT;
""",
    "scope": """
CREATE TABLE scope(id INTEGER PRIMARY KEY, mapping TEXT NOT NULL, account TEXT NOT NULL, object TEXT NOT NULL,
  UNIQUE(mapping, account, object)) STRICT;
""",
    "written": """
CREATE TABLE written(scope INTEGER NOT NULL REFERENCES scope(id), key TEXT NOT NULL, target_id TEXT NOT NULL,
  fields TEXT NOT NULL, plan INTEGER NOT NULL, PRIMARY KEY(scope, key)) STRICT, WITHOUT ROWID;
""",
    "edge": """
CREATE TABLE edge(a TEXT NOT NULL, b TEXT NOT NULL, PRIMARY KEY(a, b)) STRICT, WITHOUT ROWID;
INSERT INTO edge VALUES
  ('PLANNED','INTENT'), ('PLANNED','BLOCKED'), ('BLOCKED','PLANNED'), ('PLANNED','NOOP'), ('PLANNED','QUARANTINED'),
  ('PLANNED','SKIPPED'), ('INTENT','PLANNED'), ('INTENT','APPLIED'), ('INTENT','REJECTED'), ('INTENT','IN_DOUBT'),
  ('IN_DOUBT','APPLIED'), ('IN_DOUBT','PLANNED'), ('IN_DOUBT','REJECTED'), ('IN_DOUBT','QUARANTINED'),
  ('APPLIED','VERIFIED'), ('QUARANTINED','APPLIED'), ('QUARANTINED','PLANNED'), ('QUARANTINED','SKIPPED');
""",
    "origin": """
CREATE TABLE origin(plan_id TEXT PRIMARY KEY REFERENCES plan(id), header TEXT NOT NULL) STRICT, WITHOUT ROWID;
""",
    "image": """
CREATE TABLE image(plan INTEGER NOT NULL, seq INTEGER NOT NULL, key TEXT NOT NULL, target TEXT NOT NULL, parent TEXT,
  before TEXT NOT NULL, after TEXT NOT NULL, PRIMARY KEY(plan, seq),
  FOREIGN KEY(plan, seq) REFERENCES op(plan, seq)) STRICT, WITHOUT ROWID;
""",
    "stood": """
CREATE TABLE stood(plan INTEGER NOT NULL, seq INTEGER NOT NULL, fields TEXT NOT NULL, PRIMARY KEY(plan, seq),
  FOREIGN KEY(plan, seq) REFERENCES op(plan, seq)) STRICT, WITHOUT ROWID;
""",
    "decision": """
CREATE TABLE decision(plan INTEGER NOT NULL, seq INTEGER NOT NULL, wall TEXT NOT NULL, who TEXT NOT NULL,
  why TEXT NOT NULL, state TEXT NOT NULL, evidence TEXT NOT NULL,
  FOREIGN KEY(plan, seq) REFERENCES op(plan, seq)) STRICT;
""",
    "verification": """
CREATE TABLE verification(plan_id TEXT PRIMARY KEY REFERENCES plan(id), wall TEXT NOT NULL, facts TEXT NOT NULL) STRICT;
""",
}

# An operation without a row is planned, so that its row may begin with the first intent.
TRIGGERS = """
CREATE TRIGGER op_begins BEFORE INSERT ON op WHEN NEW.state<>'INTENT' AND NEW.state<>'PLANNED'
  BEGIN SELECT RAISE(ABORT,'an operation begins as planned'); END;
CREATE TRIGGER op_edge BEFORE UPDATE OF state ON op
  WHEN NEW.state<>OLD.state AND NOT EXISTS(SELECT 1 FROM edge WHERE a=OLD.state AND b=NEW.state)
  BEGIN SELECT RAISE(ABORT,'illegal transition'); END;
CREATE TRIGGER op_applied BEFORE UPDATE OF state ON op WHEN NEW.state='APPLIED' AND NEW.target_id IS NULL
  BEGIN SELECT RAISE(ABORT,'applied without id'); END;
CREATE TRIGGER op_keep BEFORE DELETE ON op BEGIN SELECT RAISE(ABORT,'append-only'); END;
CREATE TRIGGER attempt_closed BEFORE UPDATE ON attempt WHEN OLD.outcome IS NOT NULL
  BEGIN SELECT RAISE(ABORT,'attempt is closed'); END;
CREATE TRIGGER attempt_keep BEFORE DELETE ON attempt BEGIN SELECT RAISE(ABORT,'append-only'); END;
CREATE TRIGGER decision_closed BEFORE UPDATE ON decision BEGIN SELECT RAISE(ABORT,'append-only'); END;
CREATE TRIGGER decision_keep BEFORE DELETE ON decision BEGIN SELECT RAISE(ABORT,'append-only'); END;
"""

# What belongs to a plan, which is stated by its id; to an object of a mapping, stated with its account.
OF_SCOPE = "scope=(SELECT id FROM scope WHERE mapping=? AND account=? AND object=?)"
OF_PLAN = "plan=(SELECT number FROM plan WHERE id=?)"
