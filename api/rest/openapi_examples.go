package rest

import (
	"slices"

	"github.com/danielgtaylor/huma/v2"
)

// composer builds examples of whole bodies from the examples of their fields, which are struct tags.
type composer struct{ registry huma.Registry }

// formatExamples are the examples of formats.
var formatExamples = map[string]any{
	"date":      "2026-11-22",
	"date-time": "2026-11-22T15:29:16.747600Z",
}

// of returns an example of a schema: its own example, null if it is nullable, its default, its first
// allowed value, or the composition of its parts, in this order.
func (c composer) of(schema *huma.Schema) any {
	switch {
	case len(schema.Examples) > 0:
		return schema.Examples[0]
	case schema.Ref != "":
		return c.of(c.registry.SchemaFromRef(schema.Ref))
	case schema.Nullable:
		return nil
	case schema.Default != nil:
		return schema.Default
	case len(schema.Enum) > 0:
		return schema.Enum[0]
	}
	switch schema.Type {
	case huma.TypeObject:
		return c.object(schema)
	case huma.TypeArray:
		return []any{c.of(schema.Items)}
	case huma.TypeBoolean:
		return false
	default:
		return formatExamples[schema.Format]
	}
}

// object returns an example with the properties that are required or have an example.
func (c composer) object(schema *huma.Schema) map[string]any {
	object := map[string]any{}
	for name, property := range schema.Properties {
		if len(property.Examples) > 0 || slices.Contains(schema.Required, name) {
			object[name] = c.of(property)
		}
	}
	return object
}
