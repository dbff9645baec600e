"""Renew README's table and picture from the result files: `python docs/_ext`."""

from site_pages import checks

checks.renew()
