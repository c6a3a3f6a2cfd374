package kit

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"spoor.dev/kit/contract"
)

func TestSettingsThatCannotWorkAreRefusedInOneSentence(t *testing.T) {
	cases := []struct{ name, value, wanted string }{
		{"NATS_URL", "", "NATS_URL is not set"},
		{"NATS_URL", "http://secret@host:1", "does not begin with nats://"},
		{"NATS_URL", "nats://a:b@x,nats://c:d@y", "different logins"},
		{"NATS_URL", "nats://x/path", "server 1 of 1 is not an address"},
		{"NATS_INBOX_PREFIX", "a b", "is not a valid subject"},
		{"NATS_CREDS", "/not/there", "NATS_CREDS names a file that cannot be read"},
		{"NATS_NKEY", "settings_test.go", "NATS_NKEY holds no seed"},
		{"NATS_CA", "/not/there", "NATS_CA names a file"},
		{"BUS_SECRET_FILE", "/not/there", "BUS_SECRET_FILE names"},
		{"OPS_PORT", "70000", "OPS_PORT"},
		{"DRAIN_DELAY", "soon", "DRAIN_DELAY"},
		{"LOG_LEVEL", "loud", "LOG_LEVEL"},
		{"LOG_FORMAT", "xml", "LOG_FORMAT"},
	}
	for _, one := range cases {
		values := map[string]string{"NATS_URL": "127.0.0.1:1", "OPS_PORT": "0", one.name: one.value}
		err := Run(context.Background(), enriching(stored), settingsOf(values), &lockedBuffer{})
		if reasonOf(err) != contract.Misconfigured || !strings.Contains(err.Error(), one.wanted) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s=%s: %v", one.name, one.value, err)
		}
	}
	step := Actor{Name: "a", Summary: "Tests.", Setup: func(*Process) (Inbox, error) { return Step("Not-A-Step", nil), nil }}
	if err := Run(context.Background(), step, settingsOf(map[string]string{"OPS_PORT": "0"}), &lockedBuffer{}); reasonOf(err) != contract.Misconfigured {
		t.Error(err)
	}
	actor := enriching(stored)
	actor.Name = "Not A Name"
	if err := Run(context.Background(), actor, settingsOf(nil), &lockedBuffer{}); reasonOf(err) != contract.Misconfigured {
		t.Error(err)
	}
}

func TestDurations(t *testing.T) {
	for text, wanted := range map[string]time.Duration{
		"500ms": 500 * time.Millisecond, "50 millis": 50 * time.Millisecond, "10s": 10 * time.Second, "1h 30m": 90 * time.Minute,
		"2": 2 * time.Second, "1.5 hours": 90 * time.Minute, "1_000": 1000 * time.Second,
	} {
		if found, ok := parseDuration(text, time.Second); !ok || found != wanted {
			t.Errorf("%s is %v", text, found)
		}
	}
	for _, text := range []string{"", "-1s", "soon", "10 parsecs"} {
		if found, ok := parseDuration(text, time.Second); ok {
			t.Errorf("%q is %v", text, found)
		}
	}
}

func TestASecretMayComeFromAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("hidden\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if found := settingsOf(map[string]string{"BUS_SECRET_FILE": file}).Text("BUS_SECRET", ""); found != "hidden" {
		t.Fatal(found)
	}
}
