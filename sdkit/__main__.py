"""`python -m sdkit`."""

from .cli import main

raise SystemExit(main())
