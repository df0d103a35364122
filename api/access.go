package api

// access says who may use an operation.
type access string

// Who may use an operation. A role that may do more may also read; an admin may do
// everything.
const (
	public  access = "public"  // without any identity
	anyone  access = "anyone"  // every identity, whatever its roles
	readers access = "readers" // viewer, ops, billing, admin
	writers access = "writers" // ops, admin
	billers access = "billers" // billing, admin
	admins  access = "admins"  // admin
)
