"""The project folder, its profiles, and what a mapping may not hold: secrets, addresses, paths to elsewhere."""

import hashlib
from pathlib import Path

import pytest
from mapping_texts import MAPPING, problems_of, read, replaced

from migrator.errors import SpecError
from migrator.spec.project import find_project, inside
from migrator.spec.read import read_spec
from migrator.spec.values import Block

SECRETS = [
    "api_key", "api_token", "access_token", "passkey", "password", "secret", "client_secret", "key", "token", "url",
    "base_url",
]  # fmt: skip
SANDBOX = "profiles: {sandbox: {base_url: 'https://x.crelate.com', vars: {region: US, other: 3}}}\n"
WITH_VARS = replaced("name: m", "name: m\nvars: {region: GB, n: 1}")


def with_project(folder: Path, text: str) -> None:
    """Make the folder a project."""
    (folder / "migrator.yaml").write_text(text, encoding="utf-8")


@pytest.mark.parametrize("setting", SECRETS)
@pytest.mark.parametrize("side", ["source", "target"])
def test_secret_in_a_block_is_refused(side: str, setting: str, tmp_path: Path) -> None:
    """A mapping is shared: it holds no secret and no address, and the hint says where they go."""
    connector, line = ("files", 3) if side == "source" else ("crelate", 4)
    text = replaced(f"{{connector: {connector}}}", f"{{connector: {connector}, {setting}: x}}")
    hint = f"set {connector.upper()}_{setting.upper()} in the environment or a profile in migrator.yaml"
    column = len(f"{side}: {{connector: {connector}, ") + 1
    problem = f"m.yaml:{line}:{column}: E018 '{setting}' may not stand in a mapping ({hint})"
    assert problems_of(tmp_path, text) == [problem]


@pytest.mark.parametrize("setting", ["account", "system", "path", "zone", "keyboard", "tokens", "urls"])
def test_plain_setting_of_a_block_is_read(setting: str, tmp_path: Path) -> None:
    """A setting that is neither a secret nor an address is kept."""
    spec = read(tmp_path, replaced("connector: crelate", f"connector: crelate, {setting}: x"))
    assert spec.target == Block(connector="crelate", env="CRELATE", settings={setting: "x"}, pointer=("target",))


def test_all_secrets_are_found(tmp_path: Path) -> None:
    """Secrets of both blocks and of named sources are found, under the block's own prefix."""
    text = replaced("{connector: crelate}", "{connector: crelate, env: MINE, api_key: a, base_url: b}")
    text = text.replace("source: {connector: files}", "sources: {old: {connector: sql, url: c}}")
    text = text.replace("p.csv", "old/p.csv")
    where = "in the environment or a profile in migrator.yaml"
    assert problems_of(tmp_path, text) == [
        f"m.yaml:4:41: E018 'api_key' may not stand in a mapping (set MINE_API_KEY {where})",
        f"m.yaml:4:53: E018 'base_url' may not stand in a mapping (set MINE_BASE_URL {where})",
        f"m.yaml:3:33: E018 'url' may not stand in a mapping (set SQL_URL {where})",
    ]


@pytest.mark.parametrize(
    ("block", "env"),
    [
        ("connector: crelate", "CRELATE"),
        ("connector: crelate3", "CRELATE3"),
        ("connector: ./my.connector.yaml", "MY"),
        ("connector: crms/odd-one.yml", "ODD_ONE"),
        ("connector: crelate, env: OTHER_1", "OTHER_1"),
    ],
)
def test_prefix_is_that_of_the_connector(block: str, env: str, tmp_path: Path) -> None:
    """The variables of a block begin with `env`, by default with the connector's name in capitals."""
    assert read(tmp_path, replaced("connector: crelate", block)).target.env == env


@pytest.mark.parametrize(
    ("environ", "profile", "region"),
    [
        ({}, "", "GB"),
        ({}, "sandbox", "US"),
        ({"CRELATE_VAR_REGION": "FR"}, "", "FR"),
        ({"FILES_VAR_REGION": "FR"}, "", "FR"),
        ({"CRELATE_VAR_REGION": "FR"}, "sandbox", "FR"),
        ({"CRELATE_VAR_REGION": ""}, "sandbox", ""),
        ({"CRELATE_REGION": "FR", "VAR_REGION": "FR", "OTHER_VAR_REGION": "FR", "CRELATE_VAR_region": "FR"}, "", "GB"),
    ],
)
def test_constant_is_overridden(environ: dict[str, str], profile: str, region: str, tmp_path: Path) -> None:
    """The environment goes before the profile, and the profile before the mapping."""
    with_project(tmp_path, SANDBOX)
    spec = read(tmp_path, WITH_VARS, environ=environ, profile=profile)
    assert spec.vars == {"region": region, "n": 1}


def test_constant_is_not_added(tmp_path: Path) -> None:
    """Only what the mapping states is a constant: neither environment nor profile brings another one in."""
    with_project(tmp_path, SANDBOX)
    spec = read(tmp_path, MAPPING, environ={"CRELATE_VAR_OTHER": "x"}, profile="sandbox")
    assert spec.vars == {}


def test_profile_of_the_block_is_picked(tmp_path: Path) -> None:
    """A block picks its profile, and is no setting; the one that is asked for goes before the target's own."""
    with_project(tmp_path, "profiles: {a: {rate: 1/1s}, b: {rate: 2/1s}, c: {pad: true}}")
    text = MAPPING.replace("crelate}", "crelate, profile: a}").replace("files}", "files, profile: c}")
    stated = read(tmp_path, text)
    asked = read(tmp_path, text, profile="b")
    assert [spec.target.profile for spec in (stated, asked)] == [{"rate": "1/1s"}, {"rate": "2/1s"}]
    assert [spec.source.profile for spec in (stated, asked)] == [{"pad": True}] * 2
    assert (stated.target.settings, stated.source.settings) == ({}, {})


@pytest.mark.parametrize(
    ("profile", "hint"),
    [("sandbx", "did you mean 'sandbox'?"), ("zzz", "add it under 'profiles' in migrator.yaml")],
)
def test_unknown_profile_is_refused(profile: str, hint: str, tmp_path: Path) -> None:
    """A profile that the project does not have is named with the nearest."""
    with_project(tmp_path, SANDBOX)
    problem = f"migrator.yaml: E012 unknown profile '{profile}' ({hint})"
    assert problems_of(tmp_path, MAPPING, profile=profile) == [problem]


def test_profile_without_a_project_is_refused(tmp_path: Path) -> None:
    """Where there is no migrator.yaml, the message says where it would be."""
    text = replaced("connector: crelate", "connector: crelate, profile: live")
    hint = "add it under 'profiles' in migrator.yaml"
    assert problems_of(tmp_path, text) == [f"migrator.yaml: E012 unknown profile 'live' ({hint})"]


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "other: 1\n", "profiles: {}\n"])
def test_project_without_profiles_is_fine(text: str, tmp_path: Path) -> None:
    """The file may be empty: it marks the folder."""
    with_project(tmp_path, text)
    assert read(tmp_path, MAPPING).project == tmp_path


@pytest.mark.parametrize("text", [
    "profiles: []", "profiles: {a: 1}", "profiles: x", "- a", "text",
    "profiles: {a: {vars: 1}}", "profiles: {a: {}, b: {vars: [c]}}", "profiles: {a: {vars: }}",
])  # fmt: skip
def test_project_of_another_shape_is_refused(text: str, tmp_path: Path) -> None:
    """What is no table of profiles is refused, and so are constants of a profile that are none."""
    with_project(tmp_path, text)
    fact = "expected 'profiles:' with a mapping of settings under each name, and in it 'vars:' as a mapping"
    assert problems_of(tmp_path, MAPPING) == [f"migrator.yaml:1:1: E013 {fact}"]


def test_project_that_is_no_yaml_is_refused(tmp_path: Path) -> None:
    """The project's file is read as strictly as a mapping."""
    with_project(tmp_path, "profiles: {a: {}}\nprofiles: {}\n")
    assert problems_of(tmp_path, MAPPING) == ["migrator.yaml:2:1: E011 'profiles' is set twice: line 1 and line 2"]


def test_project_is_the_nearest_folder(tmp_path: Path) -> None:
    """The nearest parent that holds migrator.yaml is the project, else the mapping's own folder."""
    deep = tmp_path / "a" / "b" / "c"
    deep.mkdir(parents=True)
    assert find_project(deep / "m.yaml").folder == deep
    for folder in (tmp_path, tmp_path / "a" / "b"):
        with_project(folder, "")
        assert find_project(deep / "m.yaml").folder == folder


def test_project_is_that_of_the_real_file(tmp_path: Path) -> None:
    """A mapping that is linked to lives where it really stands."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "m.yaml").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "m.yaml").symlink_to(tmp_path / "real" / "m.yaml")
    spec = read_spec(tmp_path / "m.yaml")
    assert (spec.path, spec.project) == (tmp_path / "real" / "m.yaml", tmp_path / "real")


def test_ledger_is_in_the_project(tmp_path: Path) -> None:
    """The ledger lies in the project folder, not beside the mapping."""
    with_project(tmp_path, "")
    (tmp_path / "sub").mkdir()
    default = read(tmp_path / "sub", MAPPING)
    stated = read(tmp_path / "sub", replaced("name: m", "name: m\nledger: kept/./l.sqlite"))
    assert default.ledger == tmp_path / ".migrator" / "ledger.sqlite"
    assert stated.ledger == tmp_path / "kept" / "l.sqlite"


@pytest.mark.parametrize(
    "ledger", ["../l.sqlite", "a/../../l.sqlite", "/l.sqlite", "out/l.sqlite", "link.sqlite", "a\\0b", ".."]
)
def test_ledger_outside_is_refused(ledger: str, tmp_path: Path) -> None:
    """No path leaves the project: not by dots, not from the root, not through a link."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "out").symlink_to(tmp_path)
    (project / "link.sqlite").symlink_to(tmp_path / "l.sqlite")
    problem = "m.yaml:2:9: E017 the ledger would lie outside the project folder (such as .migrator/ledger.sqlite)"
    assert problems_of(project, replaced("name: m", f'ledger: "{ledger}"\nname: m')) == [problem]


@pytest.mark.parametrize(
    ("relative", "expected"),
    [
        ("a.csv", "project/data/a.csv"),
        ("../a.csv", "project/a.csv"),
        ("", "project/data"),
        ("...", "project/data/..."),
        ("../..", None),
        ("../../project2/a.csv", None),
        ("/etc/passwd", None),
        ("a\0.csv", None),
    ],
)
def test_path_stays_inside(relative: str, expected: str | None, tmp_path: Path) -> None:
    """A path is resolved from its base, and is none where it leaves the project."""
    project = tmp_path / "project"
    assert inside(project, project / "data", relative) == (expected and tmp_path / expected)


def test_absolute_path_is_no_path_of_a_mapping(tmp_path: Path) -> None:
    """A path from the root is refused even where it leads into the project: it holds on one machine only."""
    assert inside(tmp_path, tmp_path, str(tmp_path / "a.csv")) is None
    problem = "m.yaml:2:9: E017 the ledger would lie outside the project folder (such as .migrator/ledger.sqlite)"
    assert problems_of(tmp_path, replaced("name: m", f"ledger: {tmp_path}/l.sqlite\nname: m")) == [problem]


def test_hash_is_over_the_file(tmp_path: Path) -> None:
    """The plan is tied to the bytes of the mapping, line endings and remarks with them."""
    (tmp_path / "m.yaml").write_bytes(MAPPING.replace("\n", "\r\n").encode() + "# ü\r\n".encode())
    spec = read_spec(tmp_path / "m.yaml")
    assert spec.sha256 == hashlib.sha256((tmp_path / "m.yaml").read_bytes()).hexdigest()


@pytest.mark.parametrize(("text", "place"), [("", "1:1"), ("# nothing\n", "1:1"), ("---\n", "2:1")])
def test_empty_mapping_is_refused(text: str, place: str, tmp_path: Path) -> None:
    """A file with nothing in it says how a mapping begins."""
    problem = f"m.yaml:{place}: E014 the file is empty (it starts with 'mapping: 1')"
    assert problems_of(tmp_path, text) == [problem]


def test_mapping_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """A path without a file is a problem like any other."""
    with pytest.raises(SpecError) as caught:
        read_spec(tmp_path / "none.yaml")
    fact = "cannot read the file: No such file or directory (check path and permissions)"
    assert [str(problem) for problem in caught.value.problems] == [f"{tmp_path}/none.yaml: E001 {fact}"]


def test_shape_comes_before_meaning(tmp_path: Path) -> None:
    """A mapping that breaks the schema is not looked at further: what it means is not known."""
    text = replaced("connector: crelate", "connector: crelate, api_key: x").replace("name: m", "nmae: m")
    assert problems_of(tmp_path, text) == ["m.yaml:2:1: E012 unknown key 'nmae' (did you mean 'name'?)"]
