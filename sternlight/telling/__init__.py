"""What is told of an event, wherever it is told: in mails, reports and files for others."""
