package spectest

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// parameters checks those of path and query; a parameter that the operation does not have is an error.
func (s *Spec) parameters(o operation, query url.Values) error {
	known := map[string]bool{}
	for _, list := range []struct {
		node    map[string]any
		pointer string
	}{{o.item, o.pointer[:strings.LastIndexByte(o.pointer, '/')]}, {o.op, o.pointer}} {
		params, _ := list.node["parameters"].([]any)
		for i, p := range params {
			p, _ := p.(map[string]any)
			name, _ := p["name"].(string)
			value, given := "", false
			switch p["in"] {
			case "path":
				value, given = o.params[name]
			case "query":
				known[name] = true
				value, given = query.Get(name), query.Has(name)
			default:
				continue
			}
			if required, _ := p["required"].(bool); required && !given {
				return fmt.Errorf("the parameter %s is missing", name)
			}
			if !given {
				continue
			}
			schema, err := s.schema(lenient, fmt.Sprintf("%s/parameters/%d/schema", list.pointer, i))
			if err != nil {
				return err
			}
			if err := validate(schema, value); err != nil {
				return fmt.Errorf("the parameter %s: %w", name, err)
			}
		}
	}
	for name := range query {
		if !known[name] {
			return fmt.Errorf("%s has no parameter %s", o.path, name)
		}
	}
	return nil
}

// validate checks a parameter, which is text whatever its type.
func validate(schema *jsonschema.Schema, value string) error {
	err := schema.Validate(value)
	if err == nil {
		return nil
	}
	if number, convErr := strconv.ParseInt(value, 10, 64); convErr == nil && schema.Validate(json.Number(strconv.FormatInt(number, 10))) == nil {
		return nil
	}
	if (value == "true" || value == "false") && schema.Validate(value == "true") == nil {
		return nil
	}
	return err
}
