"""Pure decisions about money and documents: no clock, no database, no network."""
