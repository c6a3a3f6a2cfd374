package kit

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/nats-io/nkeys"

	"spoor.dev/kit/internal/servers"
)

func TestItLogsInWithAnNKeyOrAPassword(t *testing.T) {
	pair, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	seed, _ := pair.Seed()
	key, _ := pair.PublicKey()
	folder := t.TempDir()
	configuration, seedFile := filepath.Join(folder, "nats.conf"), filepath.Join(folder, "seed")
	users := fmt.Sprintf("authorization { users = [ { nkey: %s }, { user: u, password: \"p@ss\" } ] }", key)
	for file, text := range map[string][]byte{configuration: []byte(users), seedFile: seed} {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	server := servers.NATS(t, "-c", configuration)
	for _, values := range []map[string]string{
		{"NATS_URL": server.Address, "NATS_NKEY": seedFile},
		{"NATS_URL": server.Address, "NATS_NKEY": string(seed)},
		{"NATS_URL": "nats://u:p%40ss@" + server.Address, "NATS_INBOX_PREFIX": "_INBOX.kit"},
	} {
		actor := run(t, enriching(stored), values)
		servers.Eventually(t, "it is ready", func() bool { code, _ := actor.get("/health/ready"); return code == 200 })
		actor.stop()
		if err := actor.ended(); err != nil {
			t.Fatal(err)
		}
	}
	wrong := run(t, enriching(stored), map[string]string{"NATS_URL": "nats://u:wrong@" + server.Address})
	if code, _ := wrong.get("/health/ready"); code != 503 {
		t.Fatal("it is ready with a wrong password")
	}
}
