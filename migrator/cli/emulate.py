"""`migrator emulate`: a practice CRM on this machine."""

import signal
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from migrator.connectors.rest.reading import read_definition
from migrator.emulators import EMULATORS, Emulator, start
from migrator.errors import Problem, StoreError
from migrator.reports.writing import write_file
from migrator.resources import packaged


@click.command("emulate")
@click.argument("name", metavar="CRM", type=click.Choice(list(EMULATORS)))
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port on 127.0.0.1; a free one by default.")
@click.option("--seed", type=int, help="The same seed gives the same account; a new one by default.")
@click.option(
    "--fault", "faults", multiple=True, help="Fail on purpose: KIND@WHEN, such as 429@0.05 or reset-after@POST#3."
)
@click.option(
    "--env-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the settings there, such as .env, beside others in it.",
)
def command(name: str, port: int, seed: int | None, faults: tuple[str, ...], env_file: Path | None) -> None:
    """Serve a practice CRM until Ctrl-C. It keeps nothing when it ends."""
    signals = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)  # before its threads begin, so that none of them is struck
    try:
        server = start(name, port=port, seed=seed, faults=faults)
    except OSError as error:
        hint = "take another port, or leave --port out for a free one"
        fact = f"cannot serve on port {port}: {error.strerror}"
        raise StoreError(Problem(code="E098", place="migrator emulate", fact=fact, hint=hint)) from error
    with server:
        settings = dict(_settings(name, server))
        click.echo(f"Practice {name} on {server.base_url}   (Ctrl-C ends it; it keeps nothing)")
        for variable, value in settings.items():
            click.echo(f"  export {variable}={value}")
        control = f"http://127.0.0.1:{server.port}/_emulator/"
        click.echo(f"  {control}history and {control}snapshot, with the header X-Emulator-Token: {server.token}")
        if env_file is not None:
            text = "".join([*_others(env_file, settings), *(f"{name}={value}\n" for name, value in settings.items())])
            write_file(env_file.absolute(), lambda file: file.write(text))
            click.echo(f"  written to {env_file}")
        click.echo("Next: in another terminal, migrator plan MAPPING -o FILE.plan")
        signal.sigwait(signals)


def _others(path: Path, settings: Mapping[str, str]) -> list[str]:
    """Give the lines of a file of settings that speak of something else, such as another practice server."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.is_file() else []
    return [line for line in lines if line.partition("=")[0].strip() not in settings]


def _settings(name: str, server: Emulator) -> Iterator[tuple[str, str]]:
    prefix = name.upper()
    yield f"{prefix}_BASE_URL", server.base_url
    settings = read_definition(packaged("connectors", "definitions", f"{name}.yaml")).settings
    names = [setting for setting, stated in settings.items() if stated.is_secret]
    for secret, value in zip(names, server.secrets.values(), strict=True):
        yield f"{prefix}_{secret.upper()}", value
    yield f"{prefix}_RATE", "none"
    yield f"{prefix}_SETTLE_SECONDS", "1"
