"""Gradio's own parts in the colours of the page."""

from __future__ import annotations

import gradio as gr

SANS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif"]
MONO = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace"]


def theme() -> gr.themes.Base:
    """Gradio's own parts in the colours of components/design.css, which defines both themes."""
    base = gr.themes.Base(font=SANS, font_mono=MONO, radius_size="md", text_size="md", spacing_size="md")
    colours = {
        "body_background_fill": "var(--paper)",
        "body_text_color": "var(--ink)",
        "body_text_color_subdued": "var(--ink-2)",
        "background_fill_primary": "var(--paper)",
        "background_fill_secondary": "var(--sheet)",
        "border_color_primary": "var(--line)",
        "border_color_accent": "var(--accent)",
        "color_accent_soft": "var(--wash)",
        "block_background_fill": "transparent",
        "block_border_color": "transparent",
        "block_label_text_color": "var(--ink-2)",
        "block_label_background_fill": "transparent",
        "block_title_text_color": "var(--ink)",
        "block_info_text_color": "var(--ink-2)",
        "input_background_fill": "var(--sheet)",
        "input_background_fill_focus": "var(--sheet)",
        "input_border_color": "var(--edge)",
        "input_border_color_focus": "var(--accent)",
        "input_placeholder_color": "var(--ink-2)",
        "checkbox_background_color": "var(--sheet)",
        "checkbox_background_color_selected": "var(--accent)",
        "checkbox_border_color": "var(--edge)",
        "checkbox_border_color_selected": "var(--accent)",
        "checkbox_label_background_fill": "transparent",
        "checkbox_label_background_fill_hover": "var(--wash)",
        "checkbox_label_background_fill_selected": "var(--wash)",
        "checkbox_label_border_color": "var(--line)",
        "checkbox_label_text_color": "var(--ink)",
        "checkbox_label_text_color_selected": "var(--ink)",
        "button_primary_background_fill": "var(--accent)",
        "button_primary_background_fill_hover": "var(--accent-2)",
        "button_primary_border_color": "var(--accent)",
        "button_primary_text_color": "var(--on-accent)",
        "button_secondary_background_fill": "transparent",
        "button_secondary_background_fill_hover": "var(--wash)",
        "button_secondary_border_color": "var(--edge)",
        "button_secondary_text_color": "var(--ink)",
        "button_cancel_background_fill": "transparent",
        "button_cancel_background_fill_hover": "var(--wash)",
        "button_cancel_border_color": "var(--bad)",
        "button_cancel_text_color": "var(--bad)",
        "slider_color": "var(--accent)",
        "panel_background_fill": "transparent",
        "table_text_color": "var(--ink)",
        "table_border_color": "var(--line)",
        "table_even_background_fill": "transparent",
        "table_odd_background_fill": "transparent",
        "link_text_color": "var(--accent)",
        "error_background_fill": "var(--sheet)",
        "error_border_color": "var(--bad)",
        "error_text_color": "var(--bad)",
    }
    lengths = {
        "block_border_width": "0px",
        "block_padding": "0px",
        "block_shadow": "none",
        "block_label_border_width": "0px",
        "block_title_text_weight": "500",
        "layout_gap": "16px",
        "input_shadow": "none",
        "input_shadow_focus": "none",
        "button_large_text_weight": "500",
        "button_medium_text_weight": "500",
        "button_transform_hover": "none",
    }
    known = set(gr.themes.Base.set.__code__.co_varnames)
    both = colours | {f"{name}_dark": value for name, value in colours.items() if f"{name}_dark" in known}
    return base.set(**both, **lengths)
