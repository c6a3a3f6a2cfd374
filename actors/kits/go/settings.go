package kit

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"spoor.dev/kit/contract"
)

// Settings reads the environment, with Spoor's names. For NAME, the file that NAME_FILE names is read when NAME is empty.
// The first problem is kept, so that a start can read everything and fail once with one sentence.
type Settings struct {
	lookup  func(name string) string
	problem error
}

// NewSettings reads from a function like os.Getenv.
func NewSettings(lookup func(name string) string) *Settings { return &Settings{lookup: lookup} }

// Err is the first problem of the settings that were read: a failure with the reason Misconfigured.
func (s *Settings) Err() error { return s.problem }

// Refuse records a problem: a sentence that says what is wrong and what to do.
func (s *Settings) Refuse(format string, args ...any) {
	if s.problem == nil {
		s.problem = contract.Failf(contract.Misconfigured, format, args...)
	}
}

// Text is a setting as written; fallback when it is not set.
func (s *Settings) Text(name, fallback string) string {
	if text := s.lookup(name); text != "" {
		return text
	}
	file := s.lookup(name + "_FILE")
	if file == "" {
		return fallback
	}
	contents, err := os.ReadFile(file)
	if err != nil {
		s.Refuse("%s_FILE names %q, which cannot be read.", name, file)
		return fallback
	}
	return strings.TrimRight(string(contents), " \t\r\n")
}

// Int is a whole number from low to high.
func (s *Settings) Int(name string, fallback, low, high int) int {
	text := s.Text(name, "")
	if text == "" {
		return fallback
	}
	value, err := strconv.Atoi(strings.ReplaceAll(strings.TrimSpace(text), "_", ""))
	if err != nil || value < low || value > high {
		s.Refuse("%s: %q is not a whole number, %d to %d.", name, text, low, high)
		return fallback
	}
	return value
}

// Flag is true or false, or a usual synonym.
func (s *Settings) Flag(name string, fallback bool) bool {
	switch text := strings.ToLower(strings.TrimSpace(s.Text(name, ""))); text {
	case "":
		return fallback
	case "true", "yes", "on", "1", "y":
		return true
	case "false", "no", "off", "0", "n":
		return false
	default:
		s.Refuse("%s: %q is neither true nor false. Write true or false.", name, text)
		return fallback
	}
}

// Duration is a time like 500ms, 10s or 1h 30m, from low to high; the unit of a bare number is bare.
func (s *Settings) Duration(name string, fallback, bare, low, high time.Duration) time.Duration {
	text := s.Text(name, "")
	if text == "" {
		return fallback
	}
	value, ok := parseDuration(text, bare)
	if !ok || value < low || value > high {
		s.Refuse("%s: %q is not a duration from %s to %s. Write for example 10s, 500ms or 5m.", name, text, low, high)
		return fallback
	}
	return value
}

// TextOrFile is the text that a setting is, or that of the file it names; read returns it again at each call.
func (s *Settings) TextOrFile(name string, isText func(string) bool, hint string) (read func() (string, error)) {
	value := s.Text(name, "")
	if value == "" {
		return nil
	}
	read = func() (string, error) {
		if isText(value) {
			return value, nil
		}
		contents, err := os.ReadFile(strings.TrimSpace(value))
		if err != nil {
			return "", contract.Failf(contract.Misconfigured, "%s names a file that cannot be read: %v.", name, err)
		}
		if !isText(string(contents)) {
			return "", contract.Failf(contract.Misconfigured, "%s %s.", name, hint)
		}
		return string(contents), nil
	}
	if _, err := read(); err != nil && s.problem == nil {
		s.problem = err
	}
	return read
}

var (
	bareNumber    = regexp.MustCompile(`^\d[\d_]*(\.\d+)?$`)
	wholeDuration = regexp.MustCompile(`^(\d[\d_]*(\.\d+)?\s*[a-zµμ]+[\s,]*)+$`)
	durationPart  = regexp.MustCompile(`(\d[\d_]*(?:\.\d+)?)\s*([a-zµμ]+)`)
	unitNames     = map[time.Duration]string{
		time.Nanosecond: "ns nano nanos", time.Microsecond: "us µs μs micro micros", time.Millisecond: "ms milli millis millisecond milliseconds",
		time.Second: "s sec secs second seconds", time.Minute: "m min mins minute minutes", time.Hour: "h hr hrs hour hours",
		24 * time.Hour: "d day days", 7 * 24 * time.Hour: "w week weeks",
	}
)

func parseDuration(text string, bare time.Duration) (time.Duration, bool) {
	written := strings.ToLower(strings.TrimSpace(text))
	amount := func(number string, unit time.Duration) time.Duration {
		value, _ := strconv.ParseFloat(strings.ReplaceAll(number, "_", ""), 64)
		return time.Duration(value * float64(unit))
	}
	if bareNumber.MatchString(written) {
		return amount(written, bare), true
	}
	if !wholeDuration.MatchString(written) {
		return 0, false
	}
	total := time.Duration(0)
	for _, part := range durationPart.FindAllStringSubmatch(written, -1) {
		unit, ok := unitOf(part[2])
		if !ok {
			return 0, false
		}
		total += amount(part[1], unit)
	}
	return total, true
}

func unitOf(name string) (time.Duration, bool) {
	for unit, names := range unitNames {
		for one := range strings.FieldsSeq(names) {
			if one == name {
				return unit, true
			}
		}
	}
	return 0, false
}
