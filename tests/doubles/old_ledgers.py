"""Ledgers as earlier versions wrote them: the tables of format 3, to the letter, filled from a ledger of today."""

import sqlite3
from contextlib import closing
from pathlib import Path

from migrator.store.ledger_schema import APPLICATION_ID

_TABLES = """
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
CREATE TABLE origin(plan_id TEXT PRIMARY KEY REFERENCES plan(id), header TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE image(plan_id TEXT NOT NULL, op_id TEXT NOT NULL, key TEXT NOT NULL, target TEXT NOT NULL, parent TEXT,
  before TEXT NOT NULL, after TEXT NOT NULL, PRIMARY KEY(plan_id, op_id),
  FOREIGN KEY(plan_id, op_id) REFERENCES op(plan_id, id)) STRICT, WITHOUT ROWID;
CREATE TABLE decision(plan_id TEXT NOT NULL, op_id TEXT NOT NULL, wall TEXT NOT NULL, who TEXT NOT NULL,
  why TEXT NOT NULL, state TEXT NOT NULL, evidence TEXT NOT NULL,
  FOREIGN KEY(plan_id, op_id) REFERENCES op(plan_id, id)) STRICT;
CREATE TABLE verification(plan_id TEXT PRIMARY KEY REFERENCES plan(id), wall TEXT NOT NULL, facts TEXT NOT NULL) STRICT;
CREATE TABLE stood(plan_id TEXT NOT NULL, op_id TEXT NOT NULL, fields TEXT NOT NULL, PRIMARY KEY(plan_id, op_id),
  FOREIGN KEY(plan_id, op_id) REFERENCES op(plan_id, id)) STRICT, WITHOUT ROWID;
"""
_TRIGGERS = """
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
CREATE TRIGGER op_begins BEFORE INSERT ON op WHEN NEW.state NOT IN ('PLANNED','INTENT')
  BEGIN SELECT RAISE(ABORT,'an operation begins as planned'); END;
"""
_FILL = """
INSERT INTO meta SELECT * FROM now.meta;
INSERT INTO plan SELECT id, sha256, mapping, path, file, made, serial, started, state FROM now.plan;
INSERT INTO run SELECT * FROM now.run;
INSERT INTO op SELECT p.id, o.id, o.seq, o.object, o.kind, o.marker, o.state, o.target_id, o.sha256, o.reason, o.run
  FROM now.op o JOIN now.plan p ON p.number=o.plan ORDER BY o.id;
CREATE TEMP VIEW named AS SELECT p.number AS plan, o.seq, p.id AS plan_id, o.id AS op_id
  FROM now.op o JOIN now.plan p ON p.number=o.plan;
INSERT INTO attempt SELECT plan_id, op_id, n, epoch, body_sha256, boot_id, boottime_ns, wall, outcome, status, evidence
  FROM now.attempt JOIN named USING(plan, seq) ORDER BY now.attempt.rowid;
INSERT INTO written SELECT s.mapping, account, object, key, target_id, fields, COALESCE(p.id, 'gone')
  FROM now.written w JOIN now.scope s ON s.id=scope LEFT JOIN now.plan p ON p.number=w.plan;
INSERT INTO origin SELECT * FROM now.origin;
INSERT INTO image SELECT plan_id, op_id, key, target, parent, before, after FROM now.image JOIN named USING(plan, seq);
INSERT INTO stood SELECT plan_id, op_id, fields FROM now.stood JOIN named USING(plan, seq);
INSERT INTO decision SELECT plan_id, op_id, wall, who, why, state, evidence FROM now.decision
  JOIN named USING(plan, seq);
INSERT INTO verification SELECT * FROM now.verification;
"""
_LACKED = {1: ("image", "origin", "decision", "verification", "stood"), 2: ("stood",), 3: ()}


def make_old(path: Path, version: int = 3) -> None:
    """Put the ledger of an earlier format in the place of one of today, with what it can hold of the same rows."""
    old = path.with_suffix(".old")
    with closing(sqlite3.connect(old, isolation_level=None)) as db:
        db.execute(f"PRAGMA application_id={APPLICATION_ID}")
        db.execute(f"PRAGMA user_version={version}")
        db.executescript(_TABLES)
        db.execute("ATTACH ? AS now", (str(path),))
        db.executescript(_FILL + _TRIGGERS)
        for name in _LACKED[version]:
            db.execute(f"DROP TABLE main.{name}")
    old.chmod(0o600)
    old.replace(path)
