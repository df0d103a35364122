package api

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

// list says how the rows of one list are sorted, filtered and continued. Its query
// has a branch for every sort key in both directions, and a parameter for every
// filter.
type list[Row any] struct {
	// name tells cursors of different lists apart. It is the table's where the database
	// keeps the list's total.
	name string
	id   func(Row) uuid.UUID
	// total is set where the database keeps it: rows bring it along, which saves a
	// statement.
	total func(Row) int64
	// sorts are what "sort" can name. Without it the first one is used, newest first.
	sorts   []sortKey[Row]
	filters []filterKey
}

// sortKey is a column that is never NULL, with an index for the columns (key, id)
// where the list can be long.
type sortKey[Row any] struct {
	name string
	// value is the column as PostgreSQL reads it from text.
	value func(Row) string
}

// filterKey is what "filters" can name.
type filterKey struct{ name, values string }

// sortedByTime is the value of a sort key.
func sortedByTime(instant time.Time) string { return instant.UTC().Format(time.RFC3339Nano) }

// sortedByAmount is the value of a sort key.
func sortedByAmount[Amount ~int64](amount Amount) string { return strconv.FormatInt(int64(amount), 10) }

// keys describes the list to OpenAPI.
func (l list[Row]) keys() *listKeys {
	var sorts, filters []string
	for _, key := range l.sorts {
		sorts = append(sorts, "`"+key.name+"`")
	}
	for _, key := range l.filters {
		filters = append(filters, "`"+key.name+"` ("+key.values+")")
	}
	return &listKeys{
		sort: "`key:asc` or `key:desc`, ascending without a direction. Keys: " + strings.Join(sorts, ", ") +
			". Default `" + l.sorts[0].name + ":desc`, which stands for any other key too. Rows that are equal are in the order of their ids.",
		filters: "`key=value`, several separated by commas; all must hold. Keys: " + strings.Join(filters, ", ") +
			". Other keys are ignored, and so is an empty value; a value that the key cannot have finds nothing.",
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

// listRequest is what a caller asks of a list.
type listRequest[Row any] struct {
	list   list[Row]
	params PageParams
	key    sortKey[Row]
	// order is the key with its direction, as the list's query knows it.
	order   string
	filters map[string]string
	// nothing is true when no row can match: a filter has a value that is none.
	nothing bool
	// after is set when the caller continues behind a place.
	after *place
}

// ask reads what is asked of a list. given are filters with a parameter of their
// own; they hold beside those in "filters". A cursor of another list, order or
// filter is refused.
func ask[Row any](s *Server, l list[Row], params PageParams, given ...filter) (*listRequest[Row], error) {
	asked := &listRequest[Row]{list: l, params: params, filters: map[string]string{}}
	asked.key, asked.order = l.order(params.Sort)
	for pair := range strings.SplitSeq(params.Filters, ",") {
		name, value, _ := strings.Cut(pair, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if value != "" && slices.ContainsFunc(l.filters, func(key filterKey) bool { return key.name == name }) {
			asked.filters[name] = value
		}
	}
	for _, each := range given {
		asked.require(each)
	}
	if params.Cursor != "" {
		after, err := s.cursors.open(params.Cursor, asked.identity())
		if err != nil {
			return nil, refusal.Invalid(refusal.Problem{
				Location: []any{"query", "cursor"}, Type: "value_error",
				Message: "Input is no cursor of this list in this order with these filters",
			})
		}
		asked.after = &after
	}
	return asked, nil
}

// order reads "key", "key:asc" or "key:desc". Everything else, which existing
// clients may send, stands for the default.
func (l list[Row]) order(sort string) (sortKey[Row], string) {
	name, direction, _ := strings.Cut(sort, ":")
	if direction == "" {
		direction = "asc"
	}
	at := slices.IndexFunc(l.sorts, func(key sortKey[Row]) bool { return key.name == name })
	if at < 0 || direction != "asc" && direction != "desc" {
		return l.sorts[0], l.sorts[0].name + ":desc"
	}
	return l.sorts[at], name + ":" + direction
}

// filter is a filter with its value; an empty value is no filter.
type filter struct{ name, value string }

func (r *listRequest[Row]) require(given filter) {
	if given.value == "" {
		return
	}
	if other, present := r.filters[given.name]; present && !strings.EqualFold(other, given.value) {
		r.nothing = true
	}
	r.filters[given.name] = given.value
}

// identity says which rows in which order: what a cursor is good for.
func (r *listRequest[Row]) identity() string {
	values := url.Values{}
	for name, value := range r.filters {
		values.Set(name, value)
	}
	return r.list.name + "?" + values.Encode() + "#" + r.order
}

// text is a filter by a text.
func (r *listRequest[Row]) text(name string) *string {
	if value, present := r.filters[name]; present {
		return &value
	}
	return nil
}

// id is a filter by an identifier. One that is no UUID finds nothing.
func (r *listRequest[Row]) id(name string) *uuid.UUID { return optionalID(r.text(name)) }

// boolean is a filter by true or false.
func (r *listRequest[Row]) boolean(name string) *bool {
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

// date is a filter by a day.
func (r *listRequest[Row]) date(name string) *calendar.Date {
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

// position is where in the list a page begins, in the terms of its query.
func (r *listRequest[Row]) position() position {
	// One row more than the page tells whether another page follows.
	at := position{sort: r.order, limit: r.params.Size + 1}
	at.newest = len(r.filters) == 0 && r.order == r.list.sorts[0].name+":desc"
	if r.after == nil {
		at.offset = (r.params.Page - 1) * r.params.Size
		return at
	}
	at.after, at.afterValue, at.afterID = r.order, r.after.value, r.after.id
	return at
}

// position is the part of the parameters that all lists' queries share.
type position struct {
	sort          string
	after         string // sort, or empty for a page that is found by its number.
	afterValue    string
	afterID       uuid.UUID
	limit, offset int32
	// newest is true for a page of the whole list, newest first. A long list has a query
	// of its own for these, which begins behind a row.
	newest bool
}

// newestRow is where a row is in a list that is newest first.
type newestRow struct {
	CreatedAt time.Time
	ID        uuid.UUID
}

// behind returns the row behind which a page of the newest rows begins. find finds
// the row at an offset, for pages far down that are asked for by their number.
func behind[Found ~struct {
	CreatedAt time.Time `json:"created_at"`
	ID        uuid.UUID `json:"id"`
}](ctx context.Context, s *Server, at position, find func(ctx context.Context, tx dbsqlc.DBTX, offset int32) (Found, error)) (newestRow, error) {
	switch {
	case at.after != "":
		createdAt, err := time.Parse(time.RFC3339Nano, at.afterValue)
		return newestRow{createdAt, at.afterID}, err
	case at.offset == 0:
		return newestRow{time.Date(calendar.MaxYear+1, time.January, 1, 0, 0, 0, 0, time.UTC), uuid.Max}, nil
	}
	found, err := find(ctx, s.Pool, at.offset-1)
	if errors.Is(err, pgx.ErrNoRows) {
		return newestRow{}, nil // Past the last row; nothing is older than no time.
	}
	return newestRow(found), err
}

func converted[From, To any](rows []From, convert func(From) To) []To {
	all := make([]To, len(rows))
	for i, row := range rows {
		all[i] = convert(row)
	}
	return all
}

// answerList answers a request with the rows at its position and the number of all
// that match.
func answerList[Row, T any](ctx context.Context, s *Server, asked *listRequest[Row], read func(Row) T,
	rows func(position) ([]Row, error), count func() (int64, error)) (*PageOutput[T], error) {
	page := Page[T]{Data: []T{}, Meta: asked.params.meta()}
	if asked.nothing {
		return &PageOutput[T]{Body: page}, nil
	}
	found, err := rows(asked.position())
	if err != nil {
		return nil, err
	}
	switch {
	case len(asked.filters) > 0 || asked.list.total == nil:
		page.Meta.Total, err = count()
	case len(found) > 0:
		page.Meta.Total = asked.list.total(found[0])
	default:
		page.Meta.Total, err = s.queries.ListTotalGet(ctx, s.Pool, asked.list.name)
	}
	if err != nil {
		return nil, err
	}
	if size := int(asked.params.Size); len(found) > size {
		found = found[:size]
		last := found[size-1]
		next := s.cursors.seal(place{value: asked.key.value(last), id: asked.list.id(last)}, asked.identity())
		page.Meta.NextCursor = &next
	}
	page.Data = converted(found, read)
	return &PageOutput[T]{Body: page}, nil
}
