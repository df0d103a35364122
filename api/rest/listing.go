package rest

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"github.com/mtfacturation/mtf/db/dbsqlc"
)

// Listing is a list with its queries: pages and exports of the list need nothing else.
type Listing[Row, Filters, Read any] struct {
	List[Row]
	// Where returns the filters of a request as the queries take them.
	Where func(*ListRequest[Row]) Filters
	// Rows returns the matching rows from a position on.
	Rows func(context.Context, dbsqlc.DBTX, Filters, ListPosition) ([]Row, error)
	// Count returns the number of matching rows.
	Count func(*dbsqlc.Queries, context.Context, dbsqlc.DBTX, Filters) (int64, error)
	// Read returns the representation of a row.
	Read func(Row) Read
}

// Serve answers with a page. given are filters with their own parameters.
func (l *Listing[Row, Filters, Read]) Serve(ctx context.Context, api *API, params PageParams, given ...Filter) (*PageOutput[Read], error) {
	request, err := ParseList(api, l.List, params, given...)
	if err != nil {
		return nil, err
	}
	filters := l.Where(request)
	return AnswerList(ctx, api, request, l.Read,
		func(at ListPosition) ([]Row, error) { return l.Rows(ctx, api.Pool, filters, at) },
		func() (int64, error) { return l.Count(api.Queries, ctx, api.Pool, filters) })
}

// Export sends all matching rows as CSV, in a file named after the list and the business day.
func (l *Listing[Row, Filters, Read]) Export(ctx context.Context, api *API, params ExportParams, given ...Filter) (*huma.StreamResponse, error) {
	request, err := ParseList(api, l.List, params.All(), given...)
	if err != nil {
		return nil, err
	}
	filters := l.Where(request)
	return AnswerExport(ctx, api, l.Name+"-"+api.Today().String(), request, l.Read,
		func(ctx context.Context, tx dbsqlc.DBTX, at ListPosition) ([]Row, error) {
			return l.Rows(ctx, tx, filters, at)
		})
}
