package record

import "strings"

// Record is a record of the log taken apart; its parts are as written.
type Record struct {
	// Event is the event type (pushtech) or the whole path (adtekio).
	Event     string
	Meta      string
	Params    string
	IsAdtekio bool
}

// Parse takes a record apart; false for any other text.
func Parse(value string) (Record, bool) {
	event, rest, found := strings.Cut(value, " ")
	meta, params, foundMeta := strings.Cut(rest, " ")
	if !found || !foundMeta || event == "" || strings.Contains(params, " ") {
		return Record{}, false
	}
	isAdtekio := strings.HasPrefix(meta, "bot_name=") || strings.HasPrefix(meta, "bot_name&")
	if !isAdtekio && !strings.HasPrefix(meta, "type=") {
		return Record{}, false
	}
	return Record{Event: event, Meta: meta, Params: params, IsAdtekio: isAdtekio}, true
}

// Type is the event type for people, decoded: the last segment of the path in either dialect.
func (r Record) Type() string { return Decode(r.typeBytes(), false) }

// EncodedType is the event type as written, as valid text.
func (r Record) EncodedType() string { return ValidText(r.typeBytes()) }

func (r Record) typeBytes() string {
	if r.IsAdtekio {
		return EventType(r.Event)
	}
	return r.Event
}

// MetaValue is a value of the meta part, decoded; empty where absent.
func (r Record) MetaValue(name string) string {
	for rest := r.Meta; ; {
		at := strings.LastIndex(rest, name)
		if at == -1 {
			return ""
		}
		value, isWhole := strings.CutPrefix(r.Meta[at+len(name):], "=")
		if isWhole && (at == 0 || rest[at-1] == '&') {
			value, _, _ = strings.Cut(value, "&")
			return Decode(value, false)
		}
		rest = rest[:at]
	}
}

// Address is the client's address as text; empty where absent.
func (r Record) Address() string {
	if r.IsAdtekio {
		return ipText(r.MetaValue("ip"), 10)
	}
	return ipText(r.MetaValue("ip"), 16)
}

// Param is the value of the first parameter of that name, decoded.
func (r Record) Param(name string) (string, bool) { return Param(r.Params, name) }

// List is the values of a parameter that may be repeated or a list (name[], name[0]), decoded and joined with commas.
func (r Record) List(name string) string {
	list, isFirst := "", true
	eachParam(r.Params, func(key, value string) bool {
		if key == name || isListOf(key, name) {
			if !isFirst {
				list += ","
			}
			list, isFirst = list+Decode(value, true), false
		}
		return true
	})
	return list
}

func isListOf(key, name string) bool {
	index, ok := strings.CutPrefix(key, name+"[")
	if !ok {
		return false
	}
	digits, ok := strings.CutSuffix(index, "]")
	return ok && strings.Trim(digits, "0123456789") == ""
}

// Param is the value of the first parameter of that name in a query, decoded.
func Param(query, name string) (string, bool) {
	found, has := "", false
	eachParam(query, func(key, value string) bool {
		if key == name {
			found, has = Decode(value, true), true
		}
		return !has
	})
	return found, has
}

// eachParam calls visit with the decoded name and the value as written of each pair, until it returns false. The queries e
// and p stand for an empty one.
func eachParam(query string, visit func(key, value string) bool) {
	if query == "e" || query == "p" {
		return
	}
	for more := query != ""; more; {
		var pair string
		pair, query, more = strings.Cut(query, "&")
		key, value, _ := strings.Cut(pair, "=")
		if pair != "" && !visit(Decode(key, true), value) {
			return
		}
	}
}

// WithoutParams is the query without the parameters whose decoded names match; the bytes of the others stay.
func WithoutParams(query string, isOut func(name string) bool) string {
	pairs := strings.Split(query, "&")
	kept := pairs[:0]
	for _, pair := range pairs {
		key, _, _ := strings.Cut(pair, "=")
		if pair == "" || !isOut(Decode(key, true)) {
			kept = append(kept, pair)
		}
	}
	return strings.Join(kept, "&")
}
