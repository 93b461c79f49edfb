"""What the addresses of SOPs and runs may hold; anything else is 404, never an error."""


class SopCodeConverter:
    """`SOP-03`."""

    regex = r"SOP-[0-9]{2,3}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class VersionNumberConverter:
    """A version's number, no longer than the database can hold."""

    regex = r"[1-9][0-9]{0,3}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


class RunNumberConverter:
    """A run's number, no longer than the database can hold."""

    regex = r"[1-9][0-9]{0,17}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)
