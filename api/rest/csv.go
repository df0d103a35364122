package rest

import (
	"bytes"
	"encoding"
	"encoding/csv"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// csvTable writes values of a wire type as CSV records (RFC 4180), with the names and the order of
// its JSON fields.
type csvTable struct {
	names  []string
	fields [][]int
	record []string

	writer  *csv.Writer
	written bytes.Buffer
}

// newCSVTable returns the table of a type. It panics if the type is not flat.
func newCSVTable(row reflect.Type) *csvTable {
	table := &csvTable{}
	for _, field := range reflect.VisibleFields(row) {
		if field.Anonymous {
			continue // Its fields follow.
		}
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if kind := reflect.New(field.Type).Elem(); !isCell(kind) {
			panic(fmt.Sprintf("api: the field %s of %s is not a scalar", field.Name, row))
		}
		table.names = append(table.names, name)
		table.fields = append(table.fields, field.Index)
	}
	table.record = make([]string, len(table.names))
	table.writer = csv.NewWriter(&table.written)
	return table
}

var textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()

// isCell reports whether values of this type fit one cell.
func isCell(value reflect.Value) bool {
	kind := value.Type()
	if kind.Kind() == reflect.Pointer {
		kind = kind.Elem()
	}
	return kind.Implements(textMarshaler) || kind.Kind() == reflect.String || kind.Kind() == reflect.Bool || reflect.Zero(kind).CanInt()
}

// header writes the names of the columns.
func (t *csvTable) header() { t.write(t.names) }

// add writes one value of the table's type.
func (t *csvTable) add(value any) {
	row := reflect.ValueOf(value)
	for i, field := range t.fields {
		t.record[i] = cell(row.FieldByIndex(field))
	}
	t.write(t.record)
}

// write adds a record. The option UseCRLF of the writer would also change line ends within cells.
func (t *csvTable) write(record []string) {
	_ = t.writer.Write(record) // A buffer takes everything.
	t.writer.Flush()
	t.written.Truncate(t.written.Len() - 1)
	t.written.WriteString("\r\n")
}

// take returns the records added since the last call. They are valid until the next record is added.
func (t *csvTable) take() []byte {
	content := t.written.Bytes()
	t.written.Reset()
	return content
}

// cell returns a value as text: the same as in JSON, or empty for null.
func cell(value reflect.Value) string {
	if value.Kind() == reflect.Pointer {
		if value.IsNil() {
			return ""
		}
		value = value.Elem()
	}
	if marshaler, ok := value.Interface().(encoding.TextMarshaler); ok {
		text, err := marshaler.MarshalText()
		if err != nil {
			panic("api: an amount, a day, an instant and an id always have a text: " + err.Error())
		}
		return string(text)
	}
	switch value.Kind() {
	case reflect.String:
		return escapeFormula(value.String())
	case reflect.Bool:
		return strconv.FormatBool(value.Bool())
	default:
		return strconv.FormatInt(value.Int(), 10)
	}
}

// escapeFormula returns a text that no spreadsheet interprets as a formula. A text that begins like a
// formula, even after invisible characters, is prefixed with an apostrophe. A text that begins with
// an apostrophe is prefixed too, so that removing one leading apostrophe restores every text.
func escapeFormula(text string) string {
	shown := strings.TrimLeftFunc(text, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) })
	first, _ := utf8.DecodeRuneInString(shown)
	if strings.HasPrefix(text, "'") || shown != "" && strings.ContainsRune("=+-@＝＋－＠", first) {
		return "'" + text
	}
	return text
}
