package api

// PageParams are the query parameters of every list.
type PageParams struct {
	Page    int32  `query:"page" default:"1" minimum:"1" maximum:"10000000" doc:"Page number, from 1."`
	Size    int32  `query:"size" default:"20" minimum:"1" maximum:"100" doc:"Items on a page."`
	Sort    string `query:"sort" doc:"Echoed in the answer." example:"created_at:desc"`
	Filters string `query:"filters" doc:"Echoed in the answer." example:"status=active"`
}

func (p PageParams) offset() int32 { return (p.Page - 1) * p.Size }

// Page is one page of a list.
type Page[T any] struct {
	Data []T      `json:"data" nullable:"false"`
	Meta PageMeta `json:"meta"`
}

// PageMeta says where in the list a page is.
type PageMeta struct {
	Page    int32   `json:"page" example:"1"`
	Size    int32   `json:"size" example:"20"`
	Total   int64   `json:"total" doc:"Items in the whole list." example:"1"`
	Sort    *string `json:"sort"`
	Filters *string `json:"filters"`
}

// PageOutput is the answer of a list operation.
type PageOutput[T any] struct{ Body Page[T] }

// newPage maps the rows of a page to what the API shows of them.
func newPage[Row, T any](params PageParams, total int64, rows []Row, read func(Row) T) *PageOutput[T] {
	page := Page[T]{
		Data: make([]T, len(rows)),
		Meta: PageMeta{Page: params.Page, Size: params.Size, Total: total, Sort: echoed(params.Sort), Filters: echoed(params.Filters)},
	}
	for i, row := range rows {
		page.Data[i] = read(row)
	}
	return &PageOutput[T]{Body: page}
}

func echoed(parameter string) *string {
	if parameter == "" {
		return nil
	}
	return &parameter
}
