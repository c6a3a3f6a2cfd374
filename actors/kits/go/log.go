package kit

import (
	"io"
	"log/slog"
	"strings"
)

// newLogger writes lines like those of Spoor's other actors: one JSON object with timestamp, level, message, actor, and
// further fields; with LOG_FORMAT=pretty, text.
func newLogger(out io.Writer, settings *Settings) *slog.Logger {
	options := &slog.HandlerOptions{Level: levelOf(settings), ReplaceAttr: func(groups []string, attr slog.Attr) slog.Attr {
		if len(groups) > 0 {
			return attr
		}
		switch attr.Key {
		case slog.TimeKey:
			return slog.String("timestamp", attr.Value.Time().UTC().Format("2006-01-02T15:04:05.000Z"))
		case slog.MessageKey:
			attr.Key = "message"
		}
		return attr
	}}
	switch format := strings.ToLower(settings.Text("LOG_FORMAT", "auto")); format {
	case "pretty":
		return slog.New(slog.NewTextHandler(out, options))
	case "auto", "json":
	default:
		settings.Refuse("LOG_FORMAT: %q is not a valid value. Write auto, json or pretty.", format)
	}
	return slog.New(slog.NewJSONHandler(out, options))
}

func levelOf(settings *Settings) slog.Level {
	switch text := strings.ToLower(settings.Text("LOG_LEVEL", "info")); text {
	case "all", "trace", "debug":
		return slog.LevelDebug
	case "info":
		return slog.LevelInfo
	case "warn", "warning":
		return slog.LevelWarn
	case "error", "err", "fatal", "critical":
		return slog.LevelError
	case "none", "off":
		return slog.LevelError + 4
	default:
		settings.Refuse("LOG_LEVEL: %q is not a valid value. Write Trace, Debug, Info, Warn, Error or Fatal.", text)
		return slog.LevelInfo
	}
}
