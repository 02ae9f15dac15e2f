"""Files, downloads, processes, messages: no number passes through, so an edit here reruns nothing."""
