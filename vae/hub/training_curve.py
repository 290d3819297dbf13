"""The curves of a training as a picture that needs no program to draw: an SVG."""

from __future__ import annotations

from collections.abc import Sequence

from vae.training.events import Evaluated, Event, Started

_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 720, 320, 56, 36  # px
_COLOURS = {"nll": "#2563a8", "kl": "#c2571a"}


def training_curve(events: Sequence[Event]) -> str | None:
    """Reconstruction and KL on held-out sentences against the step, nats a sentence; None before a second evaluation.

    Events of steps that a resumed run took anew no longer hold, and are left out.
    """
    points: dict[int, Evaluated] = {}
    for event in events:
        if isinstance(event, Started):
            points = {step: point for step, point in points.items() if step <= event.step}
        elif isinstance(event, Evaluated):
            points[event.step] = event
    if len(points) < 2:
        return None
    series = {"nll": [p.nll for p in points.values()], "kl": [p.kl for p in points.values()]}
    last, top = max(points), 1.05 * max(max(values) for values in series.values()) or 1.0
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        'font-size="12" role="img" aria-label="Reconstruction and KL against the step">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
    ]
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = _place(share, 1.0)
        lines.append(f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - 16}" stroke="#dddddd"/>')
        lines.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" fill="#444444">{share * top:.1f}</text>')
    for place, (name, label) in enumerate((("nll", "reconstruction"), ("kl", "KL"))):
        path = " ".join(
            f"{_LEFT + (_WIDTH - 16 - _LEFT) * step / last:.1f},{_place(value, top):.1f}"
            for step, value in zip(points, series[name], strict=True)
        )
        lines.append(f'<polyline points="{path}" fill="none" stroke="{_COLOURS[name]}" stroke-width="2"/>')
        lines.append(f'<text x="{_LEFT + 8 + 110 * place}" y="20" fill="{_COLOURS[name]}">{label}</text>')
    lines.append(f'<text x="{_WIDTH - 16}" y="{_HEIGHT - 10}" text-anchor="end" fill="#444444">step {last:,}</text>')
    lines.append(
        f'<text x="{_LEFT}" y="{_HEIGHT - 10}" fill="#444444">nats a sentence, held-out sentences</text></svg>'
    )
    return "\n".join(lines) + "\n"


def _place(value: float, top: float) -> float:
    """Where on the picture a value is, in px from above."""
    return _HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - 32) * value / top
