"""Payment platforms, one room each: what they tell is translated here into movements."""
