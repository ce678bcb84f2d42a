"""The tables of the ledger, with the transitions of guarantees.md, section 4, enforced by the database itself."""

APPLICATION_ID = 0x6D696C31  # "mil1"
FORMAT = 3

# What format 2 added, and a ledger of format 1 is given when it is opened: what an undo needs where the plan file is
# gone (what each write found and left, and what the plan was made for), what people decided, and what was read back.
ADDED = """
CREATE TABLE origin(plan_id TEXT PRIMARY KEY REFERENCES plan(id), header TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE image(plan_id TEXT NOT NULL, op_id TEXT NOT NULL, key TEXT NOT NULL, target TEXT NOT NULL, parent TEXT,
  before TEXT NOT NULL, after TEXT NOT NULL, PRIMARY KEY(plan_id, op_id),
  FOREIGN KEY(plan_id, op_id) REFERENCES op(plan_id, id)) STRICT, WITHOUT ROWID;
CREATE TABLE decision(plan_id TEXT NOT NULL, op_id TEXT NOT NULL, wall TEXT NOT NULL, who TEXT NOT NULL,
  why TEXT NOT NULL, state TEXT NOT NULL, evidence TEXT NOT NULL,
  FOREIGN KEY(plan_id, op_id) REFERENCES op(plan_id, id)) STRICT;
CREATE TABLE verification(plan_id TEXT PRIMARY KEY REFERENCES plan(id), wall TEXT NOT NULL, facts TEXT NOT NULL) STRICT;
CREATE TRIGGER decision_closed BEFORE UPDATE ON decision BEGIN SELECT RAISE(ABORT,'append-only'); END;
CREATE TRIGGER decision_keep BEFORE DELETE ON decision BEGIN SELECT RAISE(ABORT,'append-only'); END;
"""

# What format 3 added: which fields, but for those that we wrote, were filled when a new record was first read back. It
# holds their names only.
STOOD = """
CREATE TABLE stood(plan_id TEXT NOT NULL, op_id TEXT NOT NULL, fields TEXT NOT NULL, PRIMARY KEY(plan_id, op_id),
  FOREIGN KEY(plan_id, op_id) REFERENCES op(plan_id, id)) STRICT, WITHOUT ROWID;
"""
# An operation without a row is planned, so that its row may begin with the first intent.
BEGINS = """
CREATE TRIGGER op_begins BEFORE INSERT ON op WHEN NEW.state NOT IN ('PLANNED','INTENT')
  BEGIN SELECT RAISE(ABORT,'an operation begins as planned'); END;
"""
_REPLACED = f"{STOOD} DROP TRIGGER op_begins; {BEGINS}"
LACKING = {1: ADDED + _REPLACED, 2: _REPLACED}

SCHEMA = """
CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE plan(id TEXT PRIMARY KEY, sha256 TEXT NOT NULL, mapping TEXT NOT NULL, path TEXT NOT NULL,
  file TEXT NOT NULL, made TEXT NOT NULL, serial INTEGER NOT NULL, started INTEGER, state TEXT NOT NULL) STRICT;
CREATE TABLE run(id INTEGER PRIMARY KEY, plan_id TEXT NOT NULL REFERENCES plan(id), epoch INTEGER NOT NULL UNIQUE,
  state TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', began TEXT NOT NULL, ended TEXT, host TEXT NOT NULL,
  pid INTEGER NOT NULL, boot_id TEXT NOT NULL, sqlite TEXT NOT NULL, tool TEXT NOT NULL) STRICT;
CREATE TABLE op(plan_id TEXT NOT NULL REFERENCES plan(id), id TEXT NOT NULL, seq INTEGER NOT NULL,
  object TEXT NOT NULL, kind TEXT NOT NULL CHECK(kind IN ('create','update','link','delete','append')),
  marker TEXT, state TEXT NOT NULL DEFAULT 'PLANNED' CHECK(state IN ('PLANNED','INTENT','IN_DOUBT','APPLIED',
  'VERIFIED','NOOP','REJECTED','QUARANTINED','BLOCKED','SKIPPED')),
  target_id TEXT, sha256 TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', run INTEGER NOT NULL,
  PRIMARY KEY(plan_id, id), UNIQUE(plan_id, seq)) STRICT;
CREATE UNIQUE INDEX op_marker ON op(plan_id, object, marker) WHERE kind='create';
CREATE INDEX op_state ON op(plan_id, state);
CREATE TABLE attempt(plan_id TEXT NOT NULL, op_id TEXT NOT NULL, n INTEGER NOT NULL, epoch INTEGER NOT NULL,
  body_sha256 TEXT NOT NULL, boot_id TEXT NOT NULL, boottime_ns INTEGER NOT NULL, wall TEXT NOT NULL, outcome TEXT,
  status INTEGER, evidence TEXT, PRIMARY KEY(plan_id, op_id, n),
  FOREIGN KEY(plan_id, op_id) REFERENCES op(plan_id, id)) STRICT;
CREATE TABLE written(mapping TEXT NOT NULL, account TEXT NOT NULL, object TEXT NOT NULL, key TEXT NOT NULL,
  target_id TEXT NOT NULL, fields TEXT NOT NULL, plan_id TEXT NOT NULL,
  PRIMARY KEY(mapping, account, object, key)) STRICT, WITHOUT ROWID;
CREATE TABLE edge(a TEXT NOT NULL, b TEXT NOT NULL, PRIMARY KEY(a, b)) STRICT, WITHOUT ROWID;
INSERT INTO edge VALUES
  ('PLANNED','INTENT'), ('PLANNED','BLOCKED'), ('BLOCKED','PLANNED'), ('PLANNED','NOOP'), ('PLANNED','QUARANTINED'),
  ('PLANNED','SKIPPED'), ('INTENT','PLANNED'), ('INTENT','APPLIED'), ('INTENT','REJECTED'), ('INTENT','IN_DOUBT'),
  ('IN_DOUBT','APPLIED'), ('IN_DOUBT','PLANNED'), ('IN_DOUBT','REJECTED'), ('IN_DOUBT','QUARANTINED'),
  ('APPLIED','VERIFIED'), ('QUARANTINED','APPLIED'), ('QUARANTINED','PLANNED'), ('QUARANTINED','SKIPPED');
CREATE TRIGGER op_edge BEFORE UPDATE OF state ON op
  WHEN NEW.state<>OLD.state AND NOT EXISTS(SELECT 1 FROM edge WHERE a=OLD.state AND b=NEW.state)
  BEGIN SELECT RAISE(ABORT,'illegal transition'); END;
CREATE TRIGGER op_applied BEFORE UPDATE OF state ON op WHEN NEW.state='APPLIED' AND NEW.target_id IS NULL
  BEGIN SELECT RAISE(ABORT,'applied without id'); END;
CREATE TRIGGER op_keep BEFORE DELETE ON op BEGIN SELECT RAISE(ABORT,'append-only'); END;
CREATE TRIGGER attempt_closed BEFORE UPDATE ON attempt WHEN OLD.outcome IS NOT NULL
  BEGIN SELECT RAISE(ABORT,'attempt is closed'); END;
CREATE TRIGGER attempt_keep BEFORE DELETE ON attempt BEGIN SELECT RAISE(ABORT,'append-only'); END;
"""
