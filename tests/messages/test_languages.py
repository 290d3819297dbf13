"""Languages: each says all that English says, with the same values."""

from __future__ import annotations

from string import Formatter

from vae.messages import catalog


def values(entry: catalog.Entry) -> set[str | None]:
    texts = entry.values() if isinstance(entry, dict) else [entry]
    return {field for text in texts for _, field, _, _ in Formatter().parse(text)} - {None}


def test_every_language_has_the_keys_and_the_values_of_english() -> None:
    english = catalog.entries()
    for language in {path.name.split(".")[0] for path in catalog.LOCALES.glob("*.json")}:
        entries = catalog.entries(language)
        assert set(entries) == set(english), language
        for key, entry in entries.items():
            assert type(entry) is type(english[key]), f"{language}: {key}"
            assert values(entry) == values(english[key]), f"{language}: {key}"
