"""Who is told of what is published, by e-mail or webhook: asking, confirming, sending, ending."""
