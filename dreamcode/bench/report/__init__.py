"""What a run came to, for people: tables as Markdown, a page of HTML, views of its problems."""
