package money

// MarshalText writes the amount with two decimals; in JSON it is a string.
func (a Amount) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what MarshalText wrote. Sums over many invoices may lie beyond
// MaxAmount, so that bound is not checked here.
func (a *Amount) UnmarshalText(text []byte) error {
	scaled, err := parseScaled(string(text), 2)
	*a = Amount(scaled)
	return err
}

// MarshalText writes the rate with at least two decimals; in JSON it is a string.
func (r Rate) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads a rate by the rules of ParseRate.
func (r *Rate) UnmarshalText(text []byte) (err error) {
	*r, err = ParseRate(string(text))
	return err
}
