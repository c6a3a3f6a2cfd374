package consumer

import (
	"context"
	"io"
	"strings"
	"testing"

	"spoor.dev/kit"
	"spoor.dev/kit/contract"
)

func TestSettingsOfKafkaThatCannotWork(t *testing.T) {
	for wanted, values := range map[string]map[string]string{
		"KAFKA_BROKERS is not set":                {},
		"is not the name of a topic":              {"KAFKA_BROKERS": "b:1", "KAFKA_TOPICS": "good, not good"},
		"set KAFKA_SSL=true, or remove them":      {"KAFKA_BROKERS": "b:1", "KAFKA_CA": "-----BEGIN CERTIFICATE-----"},
		"needs KAFKA_USERNAME and KAFKA_PASSWORD": {"KAFKA_BROKERS": "b:1", "KAFKA_SASL_MECHANISM": "plain"},
		"is not a valid value. Write plain":       {"KAFKA_BROKERS": "b:1", "KAFKA_SASL_MECHANISM": "x", "KAFKA_USERNAME": "u", "KAFKA_PASSWORD": "p"},
	} {
		actor := kit.Actor{Name: "a", Summary: "Tests.", Setup: func(process *kit.Process) (kit.Inbox, error) {
			return Records(process, nil)
		}}
		err := kit.Run(context.Background(), actor, kit.NewSettings(func(name string) string { return values[name] }), io.Discard)
		if err == nil || contract.AsFailure(err).Reason != contract.Misconfigured || !strings.Contains(err.Error(), wanted) {
			t.Errorf("%v: %v", values, err)
		}
	}
}

func TestEachTopicOnce(t *testing.T) {
	values := map[string]string{"KAFKA_TOPIC": "clicks", "KAFKA_TOPICS": "offers, clicks,,offers"}
	found := readTopics(kit.NewSettings(func(name string) string { return values[name] }))
	if strings.Join(found, " ") != "clicks offers" {
		t.Fatal(found)
	}
}
