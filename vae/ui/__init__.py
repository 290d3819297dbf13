"""The page: one file a tab, around one session a visitor. It shows and asks; the package computes."""
