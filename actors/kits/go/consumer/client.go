package consumer

import (
	"context"
	"crypto/tls"
	"net"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"spoor.dev/kit"
	"spoor.dev/kit/contract"
)

var topicForm = regexp.MustCompile(`^[A-Za-z0-9._-]{1,249}$`)

// readTopics reads KAFKA_TOPIC and KAFKA_TOPICS: each topic once.
func readTopics(settings *kit.Settings) []string {
	names := append([]string{settings.Text("KAFKA_TOPIC", "events")}, strings.Split(settings.Text("KAFKA_TOPICS", ""), ",")...)
	var topics []string
	for _, name := range names {
		name = strings.TrimSpace(name)
		if name == "" || slices.Contains(topics, name) {
			continue
		}
		if !topicForm.MatchString(name) {
			settings.Refuse("KAFKA_TOPIC or KAFKA_TOPICS: %q is not the name of a topic: use letters, digits, ., _ and -.", name)
		}
		topics = append(topics, name)
	}
	return topics
}

// readClient reads the settings of a connection to Kafka; they are checked, and nothing is connected.
func readClient(settings *kit.Settings) (brokers []string, options []kgo.Opt, err error) {
	for broker := range strings.SplitSeq(settings.Text("KAFKA_BROKERS", ""), ",") {
		if broker = strings.TrimSpace(broker); broker != "" {
			brokers = append(brokers, broker)
		}
	}
	if len(brokers) == 0 {
		return nil, nil, contract.Failf(contract.Misconfigured, "KAFKA_BROKERS is not set: name the brokers, for example 127.0.0.1:9092.")
	}
	options = append(options, kgo.SeedBrokers(brokers...))
	files := kit.ReadTLS(settings, "KAFKA")
	if settings.Flag("KAFKA_SSL", false) {
		options = append(options, kgo.Dialer(func(ctx context.Context, network, address string) (net.Conn, error) {
			config, err := files.Config()
			if err != nil {
				return nil, err
			}
			dialer := &tls.Dialer{NetDialer: &net.Dialer{Timeout: 10 * time.Second}, Config: config}
			return dialer.DialContext(ctx, network, address)
		}))
	} else if files != nil {
		settings.Refuse("KAFKA_CA, KAFKA_CERT and KAFKA_KEY need TLS: set KAFKA_SSL=true, or remove them.")
	}
	mechanism := readSASL(settings)
	if mechanism != nil {
		options = append(options, kgo.SASL(mechanism))
	}
	return brokers, options, settings.Err()
}

func readSASL(settings *kit.Settings) sasl.Mechanism {
	user, password := settings.Text("KAFKA_USERNAME", ""), settings.Text("KAFKA_PASSWORD", "")
	mechanism := strings.ToLower(settings.Text("KAFKA_SASL_MECHANISM", ""))
	if mechanism != "" && (user == "" || password == "") {
		settings.Refuse("KAFKA_SASL_MECHANISM needs KAFKA_USERNAME and KAFKA_PASSWORD: set both.")
	}
	auth := scram.Auth{User: user, Pass: password}
	switch mechanism {
	case "":
		return nil
	case "plain":
		return plain.Auth{User: user, Pass: password}.AsMechanism()
	case "scram-sha-256":
		return auth.AsSha256Mechanism()
	case "scram-sha-512":
		return auth.AsSha512Mechanism()
	}
	settings.Refuse("KAFKA_SASL_MECHANISM: %q is not a valid value. Write plain, scram-sha-256 or scram-sha-512.", mechanism)
	return nil
}
