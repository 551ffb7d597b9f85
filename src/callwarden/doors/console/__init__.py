"""The console: the door for people. Pages parse, call, render; rules live in the chapters and flows."""


def demo_links(base_url: str) -> list[tuple[str, str]]:
    """(role, address) of the demonstration's sign-in links. Imported late: this package is loaded before Django is."""
    from callwarden.doors.console.demo import demo_links as links

    return links(base_url)
