"""`setup`: its steps in order, each tried as soon as it is answered; then the file."""

from bot.cli.setup import env_file
from bot.cli.setup.answers import Answers
from bot.cli.setup.discord_steps import DiscordSteps
from bot.cli.setup.invokeai_step import InvokeAIStep
from bot.cli.setup.terminal import Terminal


def run(terminal: Terminal, answers: Answers, api_url: str, *, write: bool) -> bool:
    """All steps, to the written file; False if the person does not want it written.

    `write`: without asking.
    """
    if answers.taken_up:
        terminal.say(f"Taking up the setup that was interrupted ({answers.draft.name}).\n")
    discord = DiscordSteps(terminal, answers, api_url)
    discord.token()
    guild = discord.guild()
    discord.channel(guild)
    InvokeAIStep(terminal, answers).addresses()
    discord.roles(guild)
    written = _write(terminal, answers, unasked=write)
    answers.drop_draft()
    return written


def _write(terminal: Terminal, answers: Answers, *, unasked: bool) -> bool:
    old, new = answers.change()
    if old == new:
        terminal.say(f"{answers.path} says all this already.")
        return True
    if old:
        terminal.say(env_file.diff(old, new, answers.path.name))
    if not unasked and not terminal.confirm(f"Write {answers.path}?", "--yes"):
        terminal.say("Nothing is written, and the answers are forgotten.")
        return False
    answers.write(new)
    terminal.say(f"✓ {answers.path} is written, readable by you alone.\n")
    return True
