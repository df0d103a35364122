package rest

// PageParams are the query parameters of every list. Each list adds its keys to the descriptions of
// sort and filters.
type PageParams struct {
	Page    int32  `query:"page" default:"1" minimum:"1" maximum:"10000000" doc:"Page number, starting at 1."`
	Size    int32  `query:"size" default:"20" minimum:"1" maximum:"100" doc:"Items per page."`
	Sort    string `query:"sort" doc:"Echoed in meta." example:"created_at:desc"`
	Filters string `query:"filters" doc:"Echoed in meta." example:"status=active"`
	Cursor  string `query:"cursor" maxLength:"2000" doc:"The next_cursor of the previous page, sent with the same sort and filters. It replaces page. Every page costs the same however deep it is, and rows added meanwhile cause no row to be repeated or missed. An empty cursor counts as absent." example:""`
}

// ExportParams are the query parameters of every export.
type ExportParams struct {
	Sort    string `query:"sort" doc:"Same as for the list." example:"created_at:desc"`
	Filters string `query:"filters" doc:"Same as for the list." example:"status=active"`
}

// All returns the parameters of the list from its first row on.
func (p ExportParams) All() PageParams {
	return PageParams{Page: 1, Sort: p.Sort, Filters: p.Filters}
}

// Meta returns the metadata of the page without the total and the cursor.
func (p PageParams) Meta() PageMeta {
	return PageMeta{Page: p.Page, Size: p.Size, Sort: echoed(p.Sort), Filters: echoed(p.Filters)}
}

// Page is one page of a list.
type Page[T any] struct {
	Data []T      `json:"data" nullable:"false"`
	Meta PageMeta `json:"meta"`
}

// PageMeta is the metadata of a page.
type PageMeta struct {
	Page       int32   `json:"page" doc:"As requested; a cursor does not change it." example:"1"`
	Size       int32   `json:"size" example:"20"`
	Total      int64   `json:"total" doc:"Number of items that match the filters." example:"1"`
	Sort       *string `json:"sort"`
	Filters    *string `json:"filters"`
	NextCursor *string `json:"next_cursor" doc:"Continues after this page; null on the last page."`
}

// PageOutput is the answer of a list operation.
type PageOutput[T any] struct{ Body Page[T] }

func echoed(parameter string) *string {
	if parameter == "" {
		return nil
	}
	return &parameter
}
