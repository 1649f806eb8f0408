select {{ nope( }}
