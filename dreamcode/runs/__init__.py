"""Run folders: what a command was asked, everything its services answered, what came out."""
