/**
 * Rules for the type of a device, as data: name → case-insensitive pattern. The parser detects the usual devices; these
 * rules cover those that it does not detect, or mistakes for others. device-type.ts applies them.
 */
import type { DeviceType } from "../../contracts/wire/enrichment.ts"

export type Rules = ReadonlyArray<readonly [type: DeviceType, patterns: Readonly<Record<string, string>>]>

/** Libraries of apps, for user agents that name nothing else: most such apps run on phones. */
export const appLibraries: Readonly<Record<string, string>> = {
  okhttp: String.raw`okhttp[/\d.]*`,
  "Android's async HTTP": String.raw`\bandroid-async-http\b[/\d.]*(?: \(http:[^)]*\))?`,
  Unity: String.raw`^unityplayer/\S+ \(unitywebrequest[^)]*\)`,
  Flutter: String.raw`^dart/[\d.]+ \(dart:io\)`,
  "Alamofire, AFNetworking": String.raw`\b(?:alamofire|afnetworking)/[\d.]+`
}

/** Matched against the whole user agent, in this order; the first match wins. */
export const textRules: Rules = [
  [
    "Wearable",
    {
      "Apple Watch": String.raw`watch ?os\b|apple ?watch|\bwatch\d+,\d`,
      "Wear OS, Tizen": String.raw`\bwear ?os\b|tizen[^)]*\bsm-r\d|galaxy watch|\bticwatch`,
      Garmin: String.raw`\bgarmin (?:fenix|forerunner|venu|epix|instinct)`,
      "VR headsets": String.raw`\bmobile vr\b|\bvr safari|oculus|; quest (?:\d\)|pro|3s)|picobrowser|wolvic`
    }
  ],
  ["Tablet", { iPads: "(?:^|[^a-z])ipad" }],
  ["Mobile", { iPhones: String.raw`[(;] ?iphone[;\d]` }],
  [
    "Console",
    {
      PlayStation: String.raw`playstation(?! ?(?:app|remote))|\(ps[2345]\)|;ps[345];`,
      Nintendo: String.raw`\bnintendo (?:switch(?! (?:online|app))|3?ds|wii|gameboy)|nintendobrowser`,
      Xbox: String.raw`\bxbox(?:_one|;| one|\))`,
      "Steam Deck": "steam ?deck|valve steam (?:gameoverlay|tenfoot)",
      "Sega, other old ones": "dreamcast|segasaturn|aplix_(?:sega|sanyo)"
    }
  ],
  [
    "TV",
    {
      "HbbTV, CE-HTML": String.raw`\bhbbtv\b|\bce-html\b|\boipf\b`,
      "a word for it": String.raw`smart-?_? ?tv|\bsmarthub\b|(?:google|android) ?tv\b|\(dtv\)|\bwebtv\b|large screen|tvos\b`,
      "set-top boxes": String.raw`set-?top|\bstb\b|stb\d|stbapp|_stb_|, ?wire(?:d|less)\)`,
      "TV browsers": String.raw`\btv bro\b|\btv safari\b|safari/[\d.]+ tv\b|espial|\bkylo\b|opera tv|\bomi/|inettv|nettv|netrange|puffintv`,
      "TV apps and middleware":
        "tvblackandroid|tivimate|avui/tv|avdn/|hybridcast|youviewhtml|coolita|tclwebkit",
      LG: String.raw`\bweb0s\b|webos\.tv|netcast|[(;] ?lge;|lg browser`,
      "Hisense, Whale, Vestel": String.raw`vidaa|whale(?:tv|os)|\bfvc/|vestel[-;]|vstvb|\bmb9\d/|\bmr-device/|\bgw-device/`,
      "Panasonic, Philips, Sony, Sharp": String.raw`\bviera\b|panasonic\.bd|philips.*tv|\bbravia\b|\bsonydtv|aquos(?:tv|browser|-)`,
      Vizio: String.raw`\bvizio\b|vizios/|smartcast`,
      "boxes and screens": String.raw`brightsign/|\btivo\b|kreatv|sagemcom|\(astro;|westerndigital|google fiber|redlineclient`,
      receivers: String.raw`\bnext [\w -]+_vlc|\bxgem\b|wpe sky`,
      Amazon: String.raw`[;( ]aft[a-z]\w{0,7}(?: build|\)|;)|fire ?tv`,
      "Roku, Apple, Chromecast": String.raw`\broku\b|apple ?tv|crkey|(?<!\.)chromecast`
    }
  ],
  [
    "Tablet",
    {
      "Windows tablets": String.raw`windows nt 6\.[23];[^)]*trident[^)]*touch; (?:armbjs|maspjs|maarjs|mal[cn]js|mddcjs|tajb)|surftab`,
      PocketBook: String.raw`\bpocketbook/\d`
    }
  ],
  [
    "Desktop",
    {
      Chromebooks: String.raw`chromebook|\bcros\b|\bchromebox`,
      "Mac apps": String.raw`cfnetwork.*\((?:x86_64|i386|power%?2?0? ?macintosh)\)|^safari/[\d.]+ cfnetwork|\bmac ?os(?:\b(?! x)|/\d)`,
      Macs: String.raw`\bmac ?book|\bimac\d|\bmacmini\d`,
      "HarmonyOS notebooks": String.raw`\((?:pc|2in1); ?openharmony`,
      "Windows apps": String.raw`\bwindows/\d+[\d.]*; desktop|osmeta|windowsdevice`
    }
  ]
]

/** Matched against the Android model after device-models.ts, in this order; `_` counts as a space. */
export const modelRules: Rules = [
  [
    "TV",
    {
      "a word for it": String.raw`\btv\b|tv(?:box|stick)|(?<!tur)box\b|\bbox|stick\b|dongle|\bstb|\batv|mi ?tv`,
      "inches of a screen": String.raw`led-?\d\d|^\d\d[ufhlosdpy]\w*\d|^\d\d(?:le|lh)`,
      "names of boxes":
        "^(?:x96|x88|h96|t95|mxq|a95x|hk1|m8s|zidoo|vontar|mecool|beelink|gt-?king|ugoos|tanix|transpeed|tpm\\d{3})"
    }
  ],
  ["Wearable", { "a word for it": String.raw`watch|\bpico (?:g\d|neo|4)` }],
  ["Console", { "handheld consoles": String.raw`retroid|^rg(?:405|406|505|556|cube)|gamepad|^switch\b` }],
  ["Desktop", { notebooks: "netbook|elitebook|probook|thinkpad|^aspire|^inspiron|^latitude" }],
  [
    "Tablet",
    {
      "a word for it": String.raw`\btab(?:let)?\b|\btab[\d-]|tab\d|tab\b|tablet|(?<!tech|kli|ev|game|cool)pad\b|(?:me|i|u)pad\d|\bkids\b`,
      Huawei: String.raw`-w\d9`,
      "Samsung, Oppo, Realme, Amazon, Lenovo": String.raw`^sm-[tx]\d\d|^(?:opd|rmp)\d{4}|^kf[a-z]{2,}|^lenovo (?:tab|tb-[^gpb]|yt)|^(?:tb-[^gpb]|yt\d?-)`
    }
  ]
]

/** Matched against the whole user agent, before the parser's result. */
export const appRules: Rules = [["Tablet", { "Yandex's apps": "/apad\\b" }]]

/** Matched against the whole user agent when the parser has no type. */
export const lastRules: Rules = [
  ["Tablet", { "a word for it": String.raw`\btablet\b(?! pc)` }],
  [
    "Mobile",
    {
      "UC browser": String.raw`\badr \d|\bucweb|\bU2/1|\bdv\(iph`,
      ...appLibraries,
      "Facebook's app": String.raw`\bfban/fb(?:4a|ios|forandroid)`,
      "Java phones": String.raw`\bmidp|\bcldc|up\.browser|up\.link|\bmmp/|wap[-_ ]?browser|\bwap1|\bmaui\b|obigo|teleca|netfront|semc-`,
      "Japanese phones": String.raw`docomo|\bfoma\b|jig browser|openbrowser|softbank/|willcom|ddipocket|vodafone/|j-phone|kddi-`,
      "other phones of old": String.raw`ktouch|au\.browser|wireless transcoder|\bbrew\b|palmsource|palm ?os|palmscape|xiino|\bsymb|\b(?:hp)?w(?:eb)?os/\d`,
      "Windows CE, Windows Phone": String.raw`windows ce|iemobile|wpdesktop|windows phone|\bwds \d|lumia`,
      "bare Apple names": String.raw`\biphone|\bipod`
    }
  ]
]
