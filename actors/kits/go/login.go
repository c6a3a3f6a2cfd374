package kit

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
)

// natsSettings are the checked settings of a connection to NATS.
type natsSettings struct {
	servers string
	// address is that of the servers for people, without secrets.
	address string
	options []nats.Option
	secret  []byte
}

// schemes are those of the servers in NATS_URL.
var schemes = []string{"nats", "tls", "ws", "wss"}

var subjectForm = regexp.MustCompile(`^[^\s.*>]+(\.[^\s.*>]+)*$`)

// readNats reads NATS_URL and what belongs to it; nil when NATS_URL is not set. Problems are kept in settings.
func readNats(settings *Settings) *natsSettings {
	text := strings.TrimSpace(settings.Text("NATS_URL", ""))
	read := &natsSettings{secret: []byte(settings.Text("BUS_SECRET", ""))}
	prefix := settings.Text("NATS_INBOX_PREFIX", "_INBOX.spoor")
	if !subjectForm.MatchString(prefix) {
		settings.Refuse("NATS_INBOX_PREFIX %q is not a valid subject: write names separated by dots, without spaces, * and >.", prefix)
		return nil
	}
	logins := readLogins(settings)
	if text == "" {
		return nil
	}
	servers, isTLS, login := readServers(settings, text)
	if login != nil {
		logins = append([]namedLogin{{"NATS_URL", login}}, logins...)
	}
	if len(logins) > 1 {
		settings.Refuse("%s and %s each name a login to NATS: keep one of them.", logins[0].name, logins[1].name)
	}
	read.servers, read.address = strings.Join(servers, ","), strings.Join(hosts(servers), ",")
	read.options = append(read.options, nats.CustomInboxPrefix(prefix), nats.Name(prefix))
	for _, one := range logins {
		read.options = append(read.options, one.option)
	}
	read.options = append(read.options, readTLS(settings, isTLS)...)
	return read
}

func hosts(servers []string) []string {
	var all []string
	for _, server := range servers {
		all = append(all, server[strings.Index(server, "://")+3:])
	}
	return all
}

// readServers returns the servers without their login, and the login that they name. No sentence repeats the text, which
// may hold a password.
func readServers(settings *Settings, text string) (servers []string, isTLS bool, login nats.Option) {
	entries := strings.Split(text, ",")
	var user *url.Userinfo
	for i, entry := range entries {
		entry = strings.TrimSpace(entry)
		if !strings.Contains(entry, "://") {
			entry = "nats://" + entry
		}
		address, err := url.Parse(entry)
		switch {
		case err != nil || address.Hostname() == "" || strings.Trim(address.Path, "/") != "" || address.RawQuery != "":
			settings.Refuse("NATS_URL cannot be used: server %d of %d is not an address. Write it like nats://user:password@host:4222.", i+1, len(entries))
			return nil, false, nil
		case !slices.Contains(schemes, address.Scheme):
			settings.Refuse("NATS_URL cannot be used: server %d of %d does not begin with nats://, tls://, ws:// or wss://.", i+1, len(entries))
			return nil, false, nil
		case address.User != nil && user != nil && address.User.String() != user.String():
			settings.Refuse("NATS_URL cannot be used: its servers name different logins. Give all of them the same, or name it once.")
			return nil, false, nil
		case address.User != nil:
			user = address.User
		}
		isTLS = isTLS || address.Scheme == "tls" || address.Scheme == "wss"
		port := address.Port()
		if port == "" {
			port = defaultPort(address.Scheme)
		}
		servers = append(servers, address.Scheme+"://"+strings.TrimSuffix(address.Host, ":"+address.Port())+":"+port)
	}
	if user == nil {
		return servers, isTLS, nil
	}
	if password, has := user.Password(); has {
		return servers, isTLS, nats.UserInfo(user.Username(), password)
	}
	return servers, isTLS, nats.Token(user.Username())
}

func defaultPort(scheme string) string {
	switch scheme {
	case "ws":
		return "80"
	case "wss":
		return "443"
	}
	return "4222"
}

type namedLogin struct {
	name   string
	option nats.Option
}

var seedForm = regexp.MustCompile(`^\s*SU[A-Z2-7]{56}\s*$`)

// readLogins reads NATS_CREDS and NATS_NKEY. Their files are read again at each connection.
func readLogins(settings *Settings) (logins []namedLogin) {
	creds := settings.TextOrFile("NATS_CREDS", func(text string) bool {
		return strings.Contains(text, "-----BEGIN NATS USER JWT-----")
	}, "holds no NATS credentials: name a file that begins with -----BEGIN NATS USER JWT-----")
	if creds != nil {
		logins = append(logins, namedLogin{"NATS_CREDS", nats.UserJWT(
			func() (string, error) {
				text, err := creds()
				if err != nil {
					return "", err
				}
				return nkeys.ParseDecoratedJWT([]byte(text))
			},
			func(nonce []byte) ([]byte, error) {
				text, err := creds()
				if err != nil {
					return nil, err
				}
				pair, err := nkeys.ParseDecoratedNKey([]byte(text))
				if err != nil {
					return nil, err
				}
				defer pair.Wipe()
				return pair.Sign(nonce)
			})})
	}
	seed := settings.TextOrFile("NATS_NKEY", seedForm.MatchString, "holds no seed of a NATS user: it begins with SU, and has 58 letters and digits")
	if seed == nil {
		return logins
	}
	pair := func() (nkeys.KeyPair, error) {
		text, err := seed()
		if err != nil {
			return nil, err
		}
		return nkeys.FromSeed([]byte(strings.TrimSpace(text)))
	}
	option := func(options *nats.Options) error {
		key, err := pair()
		if err != nil {
			return err
		}
		if options.Nkey, err = key.PublicKey(); err != nil {
			return err
		}
		options.SignatureCB = func(nonce []byte) ([]byte, error) {
			key, err := pair()
			if err != nil {
				return nil, err
			}
			return key.Sign(nonce)
		}
		return nil
	}
	return append(logins, namedLogin{"NATS_NKEY", option})
}

// readTLS reads NATS_CA, NATS_CERT and NATS_KEY. Their files are read again at each connection.
func readTLS(settings *Settings, isTLS bool) (options []nats.Option) {
	files := ReadTLS(settings, "NATS")
	if !isTLS {
		if files != nil {
			settings.Refuse("NATS_CA, NATS_CERT and NATS_KEY need TLS: begin the servers in NATS_URL with tls://, or remove them.")
		}
		return nil
	}
	options = append(options, nats.Secure())
	if files == nil {
		return options
	}
	if files.CA != nil {
		options = append(options, func(o *nats.Options) error { o.RootCAsCB = files.Pool; return nil })
	}
	if files.Cert != nil {
		options = append(options, func(o *nats.Options) error { o.TLSCertCB = files.Certificate; return nil })
	}
	return options
}

// TLSFiles are the certificates of PREFIX_CA, PREFIX_CERT and PREFIX_KEY: paths, or PEM texts.
type TLSFiles struct {
	CA, Cert, Key func() (string, error)
}

// ReadTLS reads the three settings of a prefix; nil when none is set.
func ReadTLS(settings *Settings, prefix string) *TLSFiles {
	isPEM := func(text string) bool { return strings.Contains(text, "-----BEGIN ") }
	read := func(name string) func() (string, error) {
		return settings.TextOrFile(name, isPEM, "holds no certificate or key in PEM")
	}
	files := &TLSFiles{CA: read(prefix + "_CA"), Cert: read(prefix + "_CERT"), Key: read(prefix + "_KEY")}
	if (files.Cert == nil) != (files.Key == nil) {
		settings.Refuse("%s_CERT and %s_KEY belong together: set both or none.", prefix, prefix)
	}
	if files.CA == nil && files.Cert == nil {
		return nil
	}
	return files
}

// Pool is the authorities of CA, read now.
func (f *TLSFiles) Pool() (*x509.CertPool, error) {
	text, err := f.CA()
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(text)) {
		return nil, errors.New("the certificates of the authorities cannot be read")
	}
	return pool, nil
}

// Certificate is the client certificate, read now.
func (f *TLSFiles) Certificate() (tls.Certificate, error) {
	certificate, err := f.Cert()
	if err != nil {
		return tls.Certificate{}, err
	}
	key, err := f.Key()
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair([]byte(certificate), []byte(key))
}

// Config is a client's configuration with these files, read now. A nil receiver uses the authorities of the system.
func (f *TLSFiles) Config() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if f == nil {
		return config, nil
	}
	if f.CA != nil {
		pool, err := f.Pool()
		if err != nil {
			return nil, err
		}
		config.RootCAs = pool
	}
	if f.Cert != nil {
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			certificate, err := f.Certificate()
			return &certificate, err
		}
	}
	return config, nil
}
