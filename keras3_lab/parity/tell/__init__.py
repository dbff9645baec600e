"""Tell people what came out: on the terminal, as JSON and Markdown, as a page with plots."""
