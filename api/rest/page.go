package rest

// PageParams are the query parameters of every list. What sort and filters take is
// added to their description for each list.
type PageParams struct {
	Page    int32  `query:"page" default:"1" minimum:"1" maximum:"10000000" doc:"Page number, from 1."`
	Size    int32  `query:"size" default:"20" minimum:"1" maximum:"100" doc:"Items on a page."`
	Sort    string `query:"sort" doc:"Echoed in the answer." example:"created_at:desc"`
	Filters string `query:"filters" doc:"Echoed in the answer." example:"status=active"`
	Cursor  string `query:"cursor" maxLength:"2000" doc:"The next_cursor of the page before, sent with the same sort and filters. It takes the place of page: however far, a page costs the same, and no row is seen twice or missed while others are added. Empty is the same as absent." example:""`
}

// ExportParams are the query parameters of every export: those of its list that choose
// and sort rows.
type ExportParams struct {
	Sort    string `query:"sort" doc:"As of the list." example:"created_at:desc"`
	Filters string `query:"filters" doc:"As of the list." example:"status=active"`
}

// All asks for the list from its first row on.
func (p ExportParams) All() PageParams {
	return PageParams{Page: 1, Sort: p.Sort, Filters: p.Filters}
}

func (p PageParams) Meta() PageMeta {
	return PageMeta{Page: p.Page, Size: p.Size, Sort: echoed(p.Sort), Filters: echoed(p.Filters)}
}

// Page is one page of a list.
type Page[T any] struct {
	Data []T      `json:"data" nullable:"false"`
	Meta PageMeta `json:"meta"`
}

// PageMeta says where in the list a page is.
type PageMeta struct {
	Page       int32   `json:"page" doc:"As it was sent; a cursor does not change it." example:"1"`
	Size       int32   `json:"size" example:"20"`
	Total      int64   `json:"total" doc:"Items in the whole list that the filters match." example:"1"`
	Sort       *string `json:"sort"`
	Filters    *string `json:"filters"`
	NextCursor *string `json:"next_cursor" doc:"Continues behind this page; null on the last one."`
}

// PageOutput is the answer of a list operation.
type PageOutput[T any] struct{ Body Page[T] }

func echoed(parameter string) *string {
	if parameter == "" {
		return nil
	}
	return &parameter
}
