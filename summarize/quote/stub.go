package quote

// STUB FILE: owned by the author of summarize/quote, who replaces it.

// Find returns the quotes of d in the order in which they begin.
func Find(d Doc) []Quote { return nil }
