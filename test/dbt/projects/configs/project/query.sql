select {{ this would not parse
