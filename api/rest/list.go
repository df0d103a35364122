package rest

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// List describes how the rows of a list are sorted, filtered, and paged. Its query has a branch for
// every sort key and direction, and a parameter for every filter.
type List[Row any] struct {
	// Name identifies the list in cursors. If Total is set, it is also the name of the table.
	Name string
	ID   func(Row) uuid.UUID
	// Total returns the number of all rows, which the rows of some lists carry to save a statement.
	Total func(Row) int64
	// Sorts are the keys of the parameter sort. The default is the first one, descending.
	Sorts   []SortKey[Row]
	Filters []FilterKey
}

// SortKey is a column that is never NULL, with an index on (key, id) if the list can be long.
type SortKey[Row any] struct {
	Name string
	// Value returns the column as text that PostgreSQL parses.
	Value func(Row) string
}

// FilterKey is a key of the parameter filters.
type FilterKey struct{ Name, Values string }

// SortedByTime returns the sort value of an instant.
func SortedByTime(instant time.Time) string { return instant.UTC().Format(time.RFC3339Nano) }

// SortedByAmount returns the sort value of an amount.
func SortedByAmount[Amount ~int64](amount Amount) string { return strconv.FormatInt(int64(amount), 10) }

// Keys describes the list to OpenAPI.
func (l List[Row]) Keys() *listKeys {
	var sorts, filters []string
	for _, key := range l.Sorts {
		sorts = append(sorts, "`"+key.Name+"`")
	}
	for _, key := range l.Filters {
		filters = append(filters, "`"+key.Name+"` ("+key.Values+")")
	}
	return &listKeys{
		sort: "`key:asc` or `key:desc`; the direction defaults to ascending. Keys: " + strings.Join(sorts, ", ") +
			". Defaults to `" + l.Sorts[0].Name + ":desc`, as does any other key. Ties are ordered by id.",
		filters: "`key=value` pairs separated by commas; all must match. Keys: " + strings.Join(filters, ", ") +
			". Other keys and empty values are ignored; a value that is invalid for its key matches nothing.",
	}
}

// listKeys describes the parameters of a list.
type listKeys struct{ sort, filters string }

// describe completes the descriptions that all lists share.
func (k *listKeys) describe(parameters []*huma.Param) {
	for _, parameter := range parameters {
		switch parameter.Name {
		case "sort":
			parameter.Description = k.sort + " " + parameter.Description
		case "filters":
			parameter.Description = k.filters + " " + parameter.Description
		}
	}
}

// ListRequest is a caller's request for a page or an export of a list.
type ListRequest[Row any] struct {
	definition List[Row]
	params     PageParams
	key        SortKey[Row]
	// order is the key with its direction, as the list's query expects it.
	order   string
	filters map[string]string
	// nothing is true if no row can match, because a filter has an invalid value.
	nothing bool
	// after is set if the caller continues after a position.
	after *keyset
}

// ParseList parses the parameters of a list. given are filters with their own query parameter, which
// combine with those in "filters". A cursor of another list, order, or filter is refused.
func ParseList[Row any](api *API, l List[Row], params PageParams, given ...Filter) (*ListRequest[Row], error) {
	request := &ListRequest[Row]{definition: l, params: params, filters: map[string]string{}}
	request.key, request.order = l.order(params.Sort)
	for pair := range strings.SplitSeq(params.Filters, ",") {
		name, value, _ := strings.Cut(pair, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if value != "" && slices.ContainsFunc(l.Filters, func(key FilterKey) bool { return key.Name == name }) {
			request.filters[name] = value
		}
	}
	for _, each := range given {
		request.require(each)
	}
	if params.Cursor != "" {
		after, err := api.cursors.open(params.Cursor, request.identity())
		if err != nil {
			return nil, refusal.Invalid(refusal.Problem{
				Location: []any{"query", "cursor"}, Type: "value_error",
				Message: "Input is not a cursor of this list with this order and these filters",
			})
		}
		request.after = &after
	}
	return request, nil
}

// order parses "key", "key:asc", or "key:desc". Anything else, which existing clients may send, means
// the default.
func (l List[Row]) order(sort string) (SortKey[Row], string) {
	name, direction, _ := strings.Cut(sort, ":")
	if direction == "" {
		direction = "asc"
	}
	at := slices.IndexFunc(l.Sorts, func(key SortKey[Row]) bool { return key.Name == name })
	if at < 0 || direction != "asc" && direction != "desc" {
		return l.Sorts[0], l.Sorts[0].Name + ":desc"
	}
	return l.Sorts[at], name + ":" + direction
}

// Filter is a filter with its value; an empty value does not filter.
type Filter struct{ Name, Value string }

func (r *ListRequest[Row]) require(given Filter) {
	if given.Value == "" {
		return
	}
	if other, present := r.filters[given.Name]; present && !strings.EqualFold(other, given.Value) {
		r.nothing = true
	}
	r.filters[given.Name] = given.Value
}

// identity identifies the rows and their order. A cursor is valid for one identity.
func (r *ListRequest[Row]) identity() string {
	values := url.Values{}
	for name, value := range r.filters {
		values.Set(name, value)
	}
	return r.definition.Name + "?" + values.Encode() + "#" + r.order
}

// Text returns the value of a text filter, or nil.
func (r *ListRequest[Row]) Text(name string) *string {
	if value, present := r.filters[name]; present {
		return &value
	}
	return nil
}

// ID returns the value of an id filter, or nil. A value that is not a UUID matches nothing.
func (r *ListRequest[Row]) ID(name string) *uuid.UUID { return OptionalID(r.Text(name)) }

// Boolean returns the value of a boolean filter, or nil.
func (r *ListRequest[Row]) Boolean(name string) *bool {
	switch value, present := r.filters[name]; {
	case !present:
		return nil
	case value == "true" || value == "false":
		holds := value == "true"
		return &holds
	default:
		r.nothing = true
		return nil
	}
}

// Date returns the value of a date filter, or nil.
func (r *ListRequest[Row]) Date(name string) *calendar.Date {
	value, present := r.filters[name]
	if !present {
		return nil
	}
	day, err := calendar.Parse(value)
	if err != nil {
		r.nothing = true
		return nil
	}
	return &day
}

// position returns the start of the page as the list's query expects it.
func (r *ListRequest[Row]) position() ListPosition {
	// One extra row shows whether another page follows.
	at := ListPosition{Sort: r.order, Limit: r.params.Size + 1}
	at.Newest = len(r.filters) == 0 && r.order == r.definition.Sorts[0].Name+":desc"
	if r.after == nil {
		at.Offset = (r.params.Page - 1) * r.params.Size
		return at
	}
	at.After, at.AfterValue, at.AfterID = r.order, r.after.value, r.after.id
	return at
}

// ListPosition are the parameters that the queries of all lists share.
type ListPosition struct {
	Sort          string
	After         string // Sort, or empty for a page requested by number.
	AfterValue    string
	AfterID       uuid.UUID
	Limit, Offset int32
	// Newest is true for a page of the unfiltered list, newest first. Long lists have a separate
	// query for these pages, which starts after a row.
	Newest bool
}

// NewestRow is the position of a row in a list ordered newest first.
type NewestRow struct {
	CreatedAt time.Time
	ID        uuid.UUID
}

// NewestStart returns the row after which a page of the newest rows starts. find returns the row at an
// offset, for pages requested by number.
func NewestStart[Found ~struct {
	CreatedAt time.Time `json:"created_at"`
	ID        uuid.UUID `json:"id"`
}](ctx context.Context, tx dbsqlc.DBTX, at ListPosition, find func(ctx context.Context, tx dbsqlc.DBTX, offset int32) (Found, error)) (NewestRow, error) {
	switch {
	case at.After != "":
		createdAt, err := time.Parse(time.RFC3339Nano, at.AfterValue)
		return NewestRow{createdAt, at.AfterID}, err
	case at.Offset == 0:
		return NewestRow{time.Date(calendar.MaxYear+1, time.January, 1, 0, 0, 0, 0, time.UTC), uuid.Max}, nil
	}
	found, err := find(ctx, tx, at.Offset-1)
	if errors.Is(err, pgx.ErrNoRows) {
		return NewestRow{}, nil // The offset is past the last row; the zero time yields an empty page.
	}
	return NewestRow(found), err
}

// Convert applies convert to every row.
func Convert[From, To any](rows []From, convert func(From) To) []To {
	all := make([]To, len(rows))
	for i, row := range rows {
		all[i] = convert(row)
	}
	return all
}

// AnswerList returns the page of a request with the number of all matching rows.
func AnswerList[Row, T any](ctx context.Context, api *API, request *ListRequest[Row], read func(Row) T,
	rows func(ListPosition) ([]Row, error), count func() (int64, error),
) (*PageOutput[T], error) {
	page := Page[T]{Data: []T{}, Meta: request.params.Meta()}
	if request.nothing {
		return &PageOutput[T]{Body: page}, nil
	}
	found, err := rows(request.position())
	if err != nil {
		return nil, err
	}
	switch {
	case len(request.filters) > 0 || request.definition.Total == nil:
		page.Meta.Total, err = count()
	case len(found) > 0:
		page.Meta.Total = request.definition.Total(found[0])
	default:
		page.Meta.Total, err = api.Queries.ListTotalGet(ctx, api.Pool, request.definition.Name)
	}
	if err != nil {
		return nil, err
	}
	if size := int(request.params.Size); len(found) > size {
		found = found[:size]
		last := found[size-1]
		next := api.cursors.seal(keyset{value: request.key.Value(last), id: request.definition.ID(last)}, request.identity())
		page.Meta.NextCursor = &next
	}
	page.Data = Convert(found, read)
	return &PageOutput[T]{Body: page}, nil
}
