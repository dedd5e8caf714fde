"""The program: its commands, loaded when they are asked for, and how it ends."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import NamedTuple

import click

from consumer import __version__
from consumer.cli.ending import Signals
from consumer.cli.exits import Exit
from consumer.cli.output import report

__all__ = ["COMMANDS", "Lazy", "main", "program"]


class Lazy(NamedTuple):
    """A command that is not imported yet.

    Attributes:
        module: Where it is, under its own name (`test` as `test_command`).
        help: Its line in the list of commands.
        drains: Whether a signal asks it to end in order; it is given the `Signals`.
    """

    module: str
    attribute: str
    help: str
    drains: bool = False


# In the order in which a person meets them.
COMMANDS: dict[str, Lazy] = {
    "demo": Lazy("demo", "demo", "See it work: everything in this one process."),
    "run": Lazy("run", "run", "Consume events and update profiles.", drains=True),
    "init": Lazy("init", "init", "Begin a mapping file from an Avro schema."),
    "check": Lazy("check", "check", "Check configuration, schemas and mappings."),
    "test": Lazy("test", "test", "Run the tests inside the mapping files."),
    "try": Lazy("try_", "try_", "Show every step from a record to its requests."),
    "record": Lazy("record", "record", "Record events of a topic in a file."),
    "plan": Lazy("plan", "plan", "Show what other mappings would change."),
    "status": Lazy(
        "status", "status", "Show where the group stands, from Kafka alone."
    ),
    "offsets": Lazy("offsets", "offsets", "Show or reset committed offsets."),
    "profile": Lazy("profile", "profile", "Show what Target holds of a profile."),
    "dlq": Lazy("dlq", "dlq", "List, show, replay and resolve dead letters."),
    "publish": Lazy("publish", "publish", "Publish sample events to a cluster."),
    "sandbox": Lazy("sandbox", "sandbox", "Emulate Target's profile APIs."),
    "docs": Lazy("docs", "docs", "Print the generated references."),
}


class Commands(click.Group):
    """A group whose commands are imported only when they run.

    `consumer --help` and `consumer check` need neither Kafka nor HTTP libraries.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        """Return the names in order."""
        return list(COMMANDS)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is asked for; one that drains catches signals first."""
        lazy = COMMANDS.get(args[0])
        if lazy is not None and lazy.drains:
            ctx.obj = Signals()
            ctx.obj.catch()
            ctx.call_on_close(ctx.obj.release)
        return super().resolve_command(ctx, args)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's
        cmd_name: str,
    ) -> click.Command | None:
        """Import one command."""
        lazy = COMMANDS.get(cmd_name)
        if lazy is None:
            return None
        module = importlib.import_module(f"consumer.cli.{lazy.module}")
        command = getattr(module, lazy.attribute)
        return command if isinstance(command, click.Command) else None

    def format_commands(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        """List the commands without importing them."""
        rows = [(name, COMMANDS[name].help) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


EPILOG = """\
Exit codes: 0 done; 1 ran to the end and the answer is no; 2 usage; 3 configuration or
mapping files are wrong; 4 something needed is missing or unreachable; 5 failed while
running; 130 and 143 when a second signal cut the drain.
"""


@click.group(
    cls=Commands,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 88},
)
@click.version_option(__version__, prog_name="consumer")
def program() -> None:
    """Turn offline actions in Kafka into Adobe Target profile updates."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    try:
        code = program.main(
            None if arguments is None else list(arguments),
            prog_name="consumer",
            standalone_mode=False,
        )
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        error.show(sys.stderr)
        return Exit.USAGE
    except (click.Abort, KeyboardInterrupt):
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has had enough, as `head` does; say nothing at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.DONE
    except Exception as error:  # noqa: BLE001 - the last place that can say what ended it
        return report(error)
    return code if isinstance(code, int) else Exit.DONE
