"""The tables of a plan, and those of the scratch files that live while one is made."""

APPLICATION_ID = 0x6D697031  # "mip1"
FORMAT = 8

KEY_LINE = -1
LOOKUP_LINE = -2
CHILD_LINE = -3
LEDGER_LINE = 0
MARKER_LINE = 1
FIRST_MATCH_LINE = 2

# Records are wide, and to go through all of them takes long. The rows of an object `o` lie side by side: what lookups
# create comes behind all rows. NOT INDEXED, for else SQLite makes an index of its own over all records first.
ROWS_OF_OBJECT = (
    "object o CROSS JOIN record r NOT INDEXED ON r.id BETWEEN o.first AND o.last AND r.object=o.id"
    " AND r.row IS NOT NULL"
)
LEFT = "state IN ('reject','skip')"  # a query must say just this to find them by their index

# The change of a record that is created as its row says holds nothing of its own: fields, marker and hash stand in the
# record from the start, its id follows from the key, and `resolution` says what references in the fields point at: a
# planned record, or with a number below 0 one of the target. What of these the target has stands in `held`, the planned
# records that it matched among them.
PLAN = f"""
CREATE TABLE header(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE object(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, target TEXT NOT NULL, tier TEXT NOT NULL,
  columns TEXT NOT NULL, facts TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL) STRICT;
CREATE TABLE file(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE content(name TEXT PRIMARY KEY, sha256 TEXT NOT NULL, size INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE record(id INTEGER PRIMARY KEY, object INTEGER NOT NULL, file INTEGER, row INTEGER, key TEXT NOT NULL,
  cells TEXT, fields TEXT NOT NULL, state TEXT NOT NULL, marker TEXT, sha256 TEXT) STRICT;
CREATE INDEX record_left ON record(object, state, row) WHERE {LEFT};
CREATE TABLE resolution(record INTEGER NOT NULL, field TEXT NOT NULL, item INTEGER NOT NULL,
  holder INTEGER NOT NULL, PRIMARY KEY(record, field, item)) STRICT, WITHOUT ROWID;
CREATE TABLE held(record INTEGER PRIMARY KEY, target TEXT NOT NULL, id TEXT NOT NULL) STRICT;
CREATE TABLE problem(id INTEGER PRIMARY KEY, record INTEGER NOT NULL, object INTEGER NOT NULL, code TEXT NOT NULL,
  field TEXT NOT NULL, value TEXT NOT NULL, fact TEXT NOT NULL, hint TEXT NOT NULL) STRICT;
CREATE TABLE cause(record INTEGER NOT NULL, field TEXT NOT NULL, holder INTEGER NOT NULL) STRICT;
CREATE TABLE waiting(record INTEGER PRIMARY KEY, rows INTEGER NOT NULL) STRICT;
CREATE TABLE change(seq INTEGER PRIMARY KEY, id TEXT, object INTEGER NOT NULL, record INTEGER NOT NULL,
  action TEXT NOT NULL, target_id TEXT, marker TEXT, parent TEXT, before TEXT, after TEXT, sha256 TEXT) STRICT;
CREATE TABLE option(id INTEGER PRIMARY KEY, object INTEGER NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL,
  code TEXT NOT NULL, rows INTEGER NOT NULL) STRICT;
CREATE TABLE gone(object INTEGER NOT NULL, key TEXT NOT NULL, target_id TEXT NOT NULL, PRIMARY KEY(object, key))
  STRICT, WITHOUT ROWID;
CREATE TABLE agreed(record INTEGER PRIMARY KEY, target_id TEXT NOT NULL, fields TEXT NOT NULL) STRICT;
CREATE TABLE proposal(record INTEGER PRIMARY KEY, target_id TEXT NOT NULL, label TEXT NOT NULL,
  candidate TEXT NOT NULL, score REAL NOT NULL) STRICT;
CREATE TABLE question(id TEXT PRIMARY KEY, object TEXT NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL,
  rows INTEGER NOT NULL, candidates TEXT NOT NULL) STRICT;
"""

# A record above 0 is a planned one, below 0 one that the target holds. A digest is 64 of the 128 bits of a hash over
# object, kind and normalised value, the proof the other 64: equal pairs are equal texts.
# `asked` holds what the references of one wave ask for, each value once, and what answers; `answered` the same by their
# numbers.
SCRATCH = """
CREATE TABLE scratch.identity(digest INTEGER NOT NULL, proof INTEGER NOT NULL, record INTEGER NOT NULL,
  line INTEGER NOT NULL, is_first INTEGER NOT NULL) STRICT;
CREATE TABLE scratch.asked(digest INTEGER NOT NULL, proof INTEGER NOT NULL, lookup INTEGER NOT NULL,
  reference INTEGER NOT NULL, is_missing INTEGER NOT NULL, holder INTEGER, PRIMARY KEY(digest, proof, lookup))
  STRICT, WITHOUT ROWID;
CREATE TABLE scratch.created(digest INTEGER NOT NULL, proof INTEGER NOT NULL, record INTEGER NOT NULL,
  lookup INTEGER NOT NULL, PRIMARY KEY(digest, proof)) STRICT, WITHOUT ROWID;
CREATE INDEX scratch.created_by_record ON created(record);
CREATE TABLE scratch.reopened(record INTEGER NOT NULL, field TEXT NOT NULL, item INTEGER NOT NULL,
  PRIMARY KEY(record, field, item)) STRICT, WITHOUT ROWID;
CREATE TABLE scratch.falling(record INTEGER NOT NULL, object INTEGER NOT NULL, field TEXT NOT NULL,
  file TEXT NOT NULL, row INTEGER, key TEXT NOT NULL, code TEXT NOT NULL) STRICT;
CREATE TABLE scratch.postponed(reference INTEGER PRIMARY KEY) STRICT;
CREATE TABLE scratch.holding(record INTEGER PRIMARY KEY, target TEXT NOT NULL, id TEXT NOT NULL, label TEXT NOT NULL,
  fields TEXT, UNIQUE(target, id)) STRICT;
CREATE TABLE scratch.candidate(record INTEGER NOT NULL, line INTEGER NOT NULL, holding INTEGER NOT NULL,
  PRIMARY KEY(record, line, holding)) STRICT, WITHOUT ROWID;
CREATE TABLE scratch.matched(record INTEGER PRIMARY KEY, holding INTEGER NOT NULL, line INTEGER NOT NULL) STRICT;
CREATE TABLE scratch.child(target TEXT NOT NULL, parent TEXT NOT NULL, part TEXT NOT NULL, value TEXT NOT NULL) STRICT;
CREATE INDEX scratch.child_by_parent ON child(target, parent);
CREATE TABLE scratch.known(digest INTEGER NOT NULL, proof INTEGER NOT NULL, id_digest INTEGER NOT NULL,
  id_proof INTEGER NOT NULL, target_id TEXT NOT NULL, written TEXT NOT NULL, object INTEGER NOT NULL, key TEXT NOT NULL)
  STRICT;
CREATE TABLE scratch.absent(digest INTEGER NOT NULL, proof INTEGER NOT NULL, object INTEGER NOT NULL, key TEXT NOT NULL,
  target_id TEXT NOT NULL) STRICT;
CREATE TABLE scratch.remembered(record INTEGER PRIMARY KEY, target_id TEXT NOT NULL, written TEXT NOT NULL) STRICT;
CREATE TABLE scratch.answered(reference INTEGER PRIMARY KEY, holder INTEGER NOT NULL) STRICT;
CREATE TABLE scratch.missing(reference INTEGER PRIMARY KEY, digest INTEGER NOT NULL, proof INTEGER NOT NULL,
  lookup INTEGER NOT NULL) STRICT;
CREATE TABLE scratch.seen(step INTEGER NOT NULL, value TEXT NOT NULL, record INTEGER NOT NULL,
  PRIMARY KEY(step, value)) STRICT, WITHOUT ROWID;
CREATE TABLE scratch.page(digest INTEGER NOT NULL, proof INTEGER NOT NULL, record INTEGER NOT NULL,
  line INTEGER NOT NULL, is_first INTEGER NOT NULL) STRICT;
CREATE TABLE scratch.fresh(digest INTEGER NOT NULL, proof INTEGER NOT NULL, record INTEGER NOT NULL,
  line INTEGER NOT NULL, is_first INTEGER NOT NULL) STRICT;
CREATE TABLE scratch.turn(n INTEGER PRIMARY KEY, record INTEGER NOT NULL) STRICT;
CREATE TABLE scratch.slot(object INTEGER NOT NULL, field TEXT NOT NULL, demand INTEGER NOT NULL,
  PRIMARY KEY(object, field)) STRICT, WITHOUT ROWID;
CREATE TABLE scratch.node(record INTEGER PRIMARY KEY, place INTEGER NOT NULL, object INTEGER NOT NULL,
  needs INTEGER NOT NULL, layer INTEGER) STRICT;
CREATE INDEX scratch.node_by_layer ON node(layer, needs);
CREATE TABLE scratch.edge(holder INTEGER NOT NULL, record INTEGER NOT NULL, field TEXT NOT NULL,
  demand INTEGER NOT NULL) STRICT;
CREATE INDEX scratch.edge_by_holder ON edge(holder, record, demand);
CREATE INDEX scratch.edge_by_record ON edge(record, holder);
CREATE TABLE scratch.piece(record INTEGER PRIMARY KEY) STRICT;
CREATE TABLE scratch.deferred(record INTEGER NOT NULL, field TEXT NOT NULL, PRIMARY KEY(record, field)) STRICT,
  WITHOUT ROWID;
CREATE TABLE scratch.spelling(target TEXT NOT NULL, field TEXT NOT NULL, folded TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY(target, field, folded)) STRICT, WITHOUT ROWID;
CREATE TABLE scratch.wanted(record INTEGER NOT NULL, target TEXT NOT NULL, object INTEGER NOT NULL, field TEXT NOT NULL,
  code TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY(record, field, value)) STRICT, WITHOUT ROWID;
CREATE TABLE scratch.taken(record INTEGER NOT NULL, field TEXT NOT NULL, kept INTEGER NOT NULL,
  PRIMARY KEY(record, field)) STRICT, WITHOUT ROWID;
CREATE TABLE scratch.batch(n INTEGER PRIMARY KEY, value TEXT NOT NULL, record INTEGER NOT NULL) STRICT;
CREATE TABLE scratch.left_out(digest INTEGER NOT NULL, proof INTEGER NOT NULL, object INTEGER NOT NULL,
  file INTEGER NOT NULL, row INTEGER NOT NULL, step TEXT NOT NULL) STRICT;
CREATE TABLE scratch.standing(token INTEGER PRIMARY KEY, kept INTEGER NOT NULL, digest INTEGER, proof INTEGER) STRICT;
CREATE TABLE scratch.landed(token INTEGER PRIMARY KEY, record INTEGER NOT NULL) STRICT;
"""

# In a file of their own, so that they are sorted while something else is.
ASKING = """
CREATE TABLE asking.reference(record INTEGER NOT NULL, field TEXT NOT NULL, item INTEGER NOT NULL,
  lookup INTEGER NOT NULL, wave INTEGER NOT NULL, digest INTEGER NOT NULL, proof INTEGER NOT NULL) STRICT;
"""
