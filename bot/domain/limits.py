"""What Discord takes, and what people may ask for, each limit once. Lengths are UTF-16 code units, sizes are
bytes.
"""

from datetime import timedelta

MAX_FILES = 10
"""Files in a message; also the pictures of one media gallery."""
MAX_REQUEST = 25 * 1024 * 1024
"""A message with all its files."""
MAX_ATTACHMENTS = MAX_REQUEST - 64 * 1024
"""All files of one message: what the request leaves beside the message's own text."""
DEFAULT_MAX_FILE = 10 * 1024 * 1024
"""One file, where the guild does not allow more."""
MAX_OPTIONS = 25
"""Options of a menu; also choices of an autocomplete."""
MAX_OPTION_NAME = 100
"""The text of an option or a choice."""
MAX_BUTTONS = 5
"""Buttons beside each other."""
MAX_EMBED_FIELD = 1024
MAX_ALT_TEXT = 1024
MAX_INPUT = 4000
"""What can be typed into one field of a form."""
AUTOCOMPLETE_TIMEOUT = 1.5
"""Seconds that another program may take for an autocomplete; Discord waits three for it all."""
FORM_TIMEOUT = 2.0
"""As before, for a form: Discord takes one only as the first answer, within three seconds."""
FORM_LIFETIME = timedelta(minutes=15)
"""So long Discord takes what was filled in."""
MAX_EDIT_AGE = timedelta(minutes=50)
"""An older message is replaced, not edited: Discord counts edits of messages older than an hour and refuses
all but a few (30046). Ten minutes are left for clocks that differ, and for what waits before it is sent.
"""
MAX_COUNT = 16
"""So many new jobs may be queued from one at once."""
COUNTS = (1, 2, 4, 8, MAX_COUNT)
"""As a form offers it."""
MAX_SEED = 2**32 - 1
