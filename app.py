"""The app: `python app.py` serves the page; a Space runs the same file."""

from vae.server import main

if __name__ == "__main__":
    main()
