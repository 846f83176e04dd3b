"""One tree of errors, named by what to do next. `str(error)` is one plain sentence for a person."""

from datetime import timedelta


class BotError(Exception):
    """The root: everything that the bot raises on purpose."""


class StartRefused(BotError):
    """The start ends here; the program exits with `exit_code` and this sentence."""

    exit_code = 1


class SettingWrong(StartRefused):
    """A setting is wrong or unknown: the person fixes it and starts again."""

    exit_code = 2


class TokenRefused(StartRefused):
    """Discord does not take the token: no second try without a new one."""

    def __init__(
        self,
        sentence: str = (
            "Discord does not take DISCORD_TOKEN. Copy the token again from the developer portal "
            "(Bot, Reset Token)."
        ),
    ) -> None:
        super().__init__(sentence)


class AddressUnusable(StartRefused):
    """BOT_HTTP_ADDRESS is taken or is not this machine's: a person names another."""


class DatabaseUnusable(StartRefused):
    """The database can't be opened, or a newer bot has written it."""


class DatabaseMissing(DatabaseUnusable):
    """No bot has made that database yet: start the bot once, or name the one that it uses."""


class AnotherLeads(StartRefused):
    """Another bot works on the same database: stop it, or name another database."""

    exit_code = 2


class LeadershipLost(StartRefused):
    """It is not certain any more that this bot leads: it drops everything and stands by."""


class DatabaseTrouble(BotError):
    """The database can't be read or written now (disk full, held, gone): again later, nothing was changed."""


class AccessRefused(BotError):
    """This person may not do this here: tell them, privately, and do nothing."""


class RequestRefused(BotError):
    """What the person asked for makes no sense as asked: tell them, privately."""


class QuotaReached(RequestRefused):
    """The person has as many jobs as one may have: tell them the figure."""


class InvokeAIError(BotError):
    """Something between us and an InvokeAI; `details`, such as where it is, are for admins and the log."""

    details: str = ""

    @property
    def with_details(self) -> str:
        """The sentence for those who may know where InvokeAI is."""
        return f"{self} ({self.details})" if self.details else str(self)


class InvokeAIUnavailable(InvokeAIError):
    """No usable answer now (away, 5xx, half a JSON, not an InvokeAI): try again later."""


class AnswerUnreadable(InvokeAIUnavailable):
    """The answer is whole and of a shape that we don't know: what it tells of is there, and unknown."""


class InvokeAIRefused(InvokeAIError):
    """InvokeAI said no, and will say no again: tell the person."""


class LoginNeeded(InvokeAIRefused):
    """A multi-user InvokeAI wants an account, or does not take ours."""


class OperationMissing(InvokeAIRefused):
    """This InvokeAI's version can't do that."""


class JobUnknown(InvokeAIRefused):
    """No job of that number (any more)."""


class ImageUnusable(InvokeAIRefused):
    """The image is gone, is not an image, or is larger than what was asked for."""


class ImageGone(ImageUnusable):
    """InvokeAI has no such image now: it was deleted, or is being moved."""


class ImageTooLarge(ImageUnusable):
    """The image is larger than what was asked for; `size` in bytes, None if InvokeAI did not say."""

    def __init__(self, sentence: str, size: int | None = None) -> None:
        super().__init__(sentence)
        self.size = size


class ConversionFailed(BotError):
    """A picture could not be made smaller: go without it and say why."""


class DeliveryError(BotError):
    """A message did not reach Discord."""


class DeliveryDelayed(DeliveryError):
    """Not now: keep it and try again, after `retry_after` if Discord said when."""

    def __init__(self, sentence: str, retry_after: timedelta | None = None) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class DeliveryTimedOut(DeliveryDelayed):
    """It took too long, as over a slow uplink: look whether it is there, and later send less."""


class ChannelUnusable(DeliveryError):
    """The channel is gone or lacks a permission, as `str` says: keep its notices until a person fixes it."""


class MessageGone(DeliveryError):
    """Discord edits that message no more (deleted, or old and edited too often): post another one."""


class ThreadArchived(MessageGone):
    """Discord changes nothing in an archived thread: post a new message, which opens it again."""


class DeliveryTooLarge(DeliveryError):
    """Discord takes no message this large: send a smaller one."""


class DeliveryRejected(DeliveryError):
    """Discord will never take this message: give it up and say so."""
