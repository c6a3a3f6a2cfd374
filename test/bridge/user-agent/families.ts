/** User agents of each family of devices, a few of each kind that was once taken for something else, with their type. */
import type { DeviceType } from "../../../contracts/wire/enrichment.ts"

const webkit = "AppleWebKit/537.36 (KHTML, like Gecko)"
const chrome = `${webkit} Chrome/131.0.0.0`
const android = (of: string, rest: string) => `Mozilla/5.0 (Linux; Android ${of}) ${rest}`
const phone = (of: string) => android(of, `${chrome} Mobile Safari/537.36`)
const large = (of: string) => android(of, `${chrome} Safari/537.36`)
const ios = (on: string, rest: string) =>
  `Mozilla/5.0 (${on} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 ${rest}`

type Family = readonly [type: DeviceType, userAgents: ReadonlyArray<string>]

export const families: Readonly<Record<string, Family>> = {
  phones: [
    "Mobile",
    [
      phone("11; Discovery R3 Build/RP1A"),
      phone("7.0; M bot 51"),
      phone("4.2.2; QUMO Quest 507"),
      phone("5.1; Radar Deluxe"),
      phone("11; A103SH"),
      phone("4.4.2; Vodafone Smart 4G"),
      phone("6.0.1; Vestel_5530"),
      phone("7.0; PadFone T00C"),
      "UCWEB/2.0 (MIDP-2.0; U; Adr 9; ru; ZTE_Blade_L130RU) U2/1.0.0 UCBrowser/10.7.6.805 U2/1.0.0 Mobile",
      "Nokia6120c/3.83; Profile/MIDP-2.0 Configuration/CLDC-1.1",
      "DoCoMo/2.0 N07B(c500;TB;W24H16)",
      "Mozilla/5.0 (webOS/2.1.1; U; xx) AppleWebKit/532.2 (KHTML, like Gecko) Version/1.0 Safari/532.2 P160U/1.0",
      "Mozilla/4.0 (compatible; MSIE 6.0; Windows CE; IEMobile 8.12; MSIEMobile 6.0) 320x240"
    ]
  ],
  tablets: [
    "Tablet",
    [
      phone("9; Lenovo TB-X306F"),
      phone("13; TAB-10US"),
      phone("8.1.0; PMT3831_4G"),
      phone("13; P40S_EEA"),
      large("11; SM-T510"),
      large("7.1.2; M bot tab 10"),
      android(
        "12; HarmonyOS; DBR-W09; HMSCore 6.10.2.309",
        `${chrome} HuaweiBrowser/12.1.2.319 Safari/537.36`
      ),
      android("13; E11", `${chrome} YaSearchBrowser/24.42/apad BroPP/1.0 webOmni SA/3 Mobile Safari/537.36`),
      "Dalvik/1.6.0 (Linux; U; Android 4.2.2; Kurio7S Build/120a)",
      ios(
        "iPad; CPU OS 9_3_5",
        "[FBAN/FBIOS;FBAV/190.0.0.67.93;FBDV/iPad3,1;FBMD/iPad;FBSN/iPhone OS;FBSV/9.3.5]"
      ),
      "com.google.GoogleMobile/37.1.0 iPad/11.0.3 hw/iPad4_2"
    ]
  ],
  televisions: [
    "TV",
    [
      `Mozilla/5.0 (Web0S; Linux/SmartTV) ${webkit} Chr0me/87.0.4280.88 Safari/537.36 LG Browser/8.00.00(LGE; 65UN; 04.41.33; 0x00000001; DTV_C22P); webOS.TV-2022`,
      `Mozilla/5.0 (Web0S; Linux/SmartTV) ${webkit} Chrome/79.0.3945.79 Safari/537.36 HbbTV/1.5.1 (+DRM; LGE; KEY0000003B; WEBOS6.0 02.03.58; W60_E60N; DTV_W21K;)`,
      "Opera/9.80 (Linux armv6l; U; NETRANGEMMH;HbbTV/1.1.1;CE-HTML/1.0;TCL LF1V349; en) Presto/2.8.115 Version/11.10",
      `Mozilla/5.0 (Linux armv7l) ${webkit} Chrome/84.0.4147.140 Safari/537.36 OPR/46.0.2207.0 OMI/4.21.4.112.Catcher4.69 Model/Hisense-MT9602 VIDAA/5.0(Hisense;SmartTV;)`,
      android("11; Regal Google TV Build/RTM6.230109.218; wv", `${chrome} Mobile Safari/537.36`),
      android(
        "11; 55U540S Build/RP1A.200720.011; wv",
        `${chrome} YaBrowser/22.8.0.12 (lite) TV Safari/537.36`
      ),
      phone("11; STV-32DHBK2R-T9"),
      large("9; 43F530T"),
      large("11; X96Max_Plus_Ultra"),
      large("6.0.1; TF-LED32S39T2S"),
      large("10; Rombica TV Fly"),
      `VIZIO V705x-J03 ViziOS/1.0.69.130 WatchFree/24.06.13.2`,
      "Mozilla/5.0 (QtEmbedded; U; Linux; C) AppleWebKit/533.3 (KHTML, like Gecko) MAG250 stbapp ver: 2 rev: 250 Safari/533.3",
      "Roku/DVP-12.0 (12.0.0.4182-88)"
    ]
  ],
  consoles: [
    "Console",
    [
      "Mozilla/5.0 (PlayStation 5/SmartTV) AppleWebKit/605.1.15 (KHTML, like Gecko)",
      "Mozilla/5.0 (PS3) AppleWebKit/535.11 (KHTML, like Gecko) NuantiMeta/2.0",
      "Mozilla/5.0 (Nintendo Switch; WifiWebAuthApplet) AppleWebKit/609.4 (KHTML, like Gecko) NF/6.0.2.20.5 NintendoBrowser/5.1.0.22433",
      `Mozilla/5.0 (Windows NT 10.0; Win64; x64; XBOX_ONE_ED) ${webkit} Chrome/51.0.2704.79 Safari/537.36 Edge/14.14393`,
      `Mozilla/5.0 (X11; Linux x86_64) ${chrome} Safari/537.36 SteamDeck`,
      phone("13; Retroid Pocket 5"),
      phone("12; RG405V")
    ]
  ],
  "watches and glasses": [
    "Wearable",
    [
      "Darwin/25.6.0 (Watch7,15; watchOS 26.6) MyTracker/7.8.0",
      "server-bag [Watch OS,7.1,18R590,Watch6,2]",
      "AppleCoreMedia/1.0.0.18R590 (Apple Watch; U; CPU OS 7_1 like Mac OS X; it_it)",
      android("9; TicWatch Pro S", `${chrome} Odd/47.2.1.1 Mobile Safari/537.36`),
      `Mozilla/5.0 (Linux; Tizen 4.0; SAMSUNG SM-R765V) ${webkit} Chrome/56.0.2924.0 Mobile Safari/537.36`,
      "Garmin Forerunner 245 Music/11.60",
      android("10; Pico Neo 3 OS5.9.5.0 like Quest", `PicoBrowser/3.3.36 ${chrome} Mobile VR Safari/537.36`)
    ]
  ],
  desktops: [
    "Desktop",
    [
      "Safari/18615.1.21.11.5 CFNetwork/1406.0.2 Darwin/22.4.0",
      "1PasswordThumbs/1 CFNetwork/596.5 Darwin/12.5.0 (x86_64) (MacBookAir4%2C1)",
      "Microsoft Office Excel/16.54.1010 (Mac OS/12.0.1; Desktop; es-MX; NonAppStore; Apple/MacBookPro18,4)",
      large("9; Samsung Chromebook 3"),
      large("7.1.1; Aspire 4349"),
      "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 5.1; Trident/4.0; chromeframe/32.0.1700.76; .NET CLR 2.0.50727)",
      `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${chrome} Safari/537.36 Edg/131.0.0.0`
    ]
  ],
  bots: [
    "Bot",
    [
      "curl/7.88.1",
      "curl/7.19.7 (x86_64-redhat-linux-gnu) libcurl/7.19.7 NSS/3.14",
      "python-requests/2.31.0",
      android(
        "6.0.1; Nexus 5X Build/MMB29P",
        `${chrome} Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)`
      ),
      "SAMSUNG-SGH-E250/1.0 Profile/MIDP-2.0 Configuration/CLDC-1.1 UP.Browser/6.2.3.3.c.1.101 (GUI) MMP/2.0 (compatible; Googlebot-Mobile/2.1; +http://www.google.com/bot.html)",
      "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
      "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
      "WhatsApp/2.23.20.0",
      `Mozilla/5.0 (X11; Linux x86_64) ${webkit} HeadlessChrome/131.0.0.0 Safari/537.36`,
      `Mozilla/5.0 (X11; Linux x86_64) ${chrome} Safari/537.36 GTmetrix`
    ]
  ],
  "AI crawlers": [
    "Bot",
    [
      `Mozilla/5.0 ${webkit.slice(0, -1)}; compatible; GPTBot/1.2; +https://openai.com/gptbot)`,
      `Mozilla/5.0 ${webkit.slice(0, -1)}; compatible; ChatGPT-User/1.0; +https://openai.com/bot`,
      `Mozilla/5.0 ${webkit.slice(0, -1)}; compatible; ClaudeBot/1.0; +claudebot@anthropic.com)`,
      `Mozilla/5.0 ${webkit.slice(0, -1)}; compatible; PerplexityBot/1.0; +https://perplexity.ai/perplexitybot)`,
      `Mozilla/5.0 ${webkit.slice(0, -1)}; compatible; Amzn-User/0.1) Chrome/119.0.6045.214 Safari/537.36`,
      "meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)",
      "CCBot/2.0 (https://commoncrawl.org/faq/)",
      `Mozilla/5.0 (Linux; Android 5.0) ${webkit} (compatible; Bytespider; spider-feedback@bytedance.com)`,
      `Mozilla/5.0 (X11; Linux x86_64) ${chrome} Safari/537.36; Devin/1.0; +devin.ai`
    ]
  ],
  "in-app browsers": [
    "Mobile",
    [
      ios(
        "iPhone; CPU iPhone OS 17_5",
        "Instagram 333.0.0.0 (iPhone14,5; iOS 17_5; de_DE; scale=3.00; 1170x2532; 1)"
      ),
      ios(
        "iPhone; CPU iPhone OS 17_5",
        "[FBAN/FBIOS;FBAV/463.0.0.0;FBDV/iPhone14,5;FBMD/iPhone;FBSN/iOS;FBSV/17.5]"
      ),
      ios("iPhone; CPU iPhone OS 17_5", "GSA/320.0.0 Safari/604.1"),
      android("14; SM-S918B Build/UP1A; wv", `Version/4.0 ${chrome} Mobile Safari/537.36 Line/14.9.0/IAB`),
      android(
        "12; LGE-AN10 Build/HONORLGE-AN10; wv",
        `${chrome} XWEB/3211 Mobile Safari/537.36 MicroMessenger/8.0.21 Process/toolsmp WeChat/arm64`
      ),
      android(
        "8.0.0; XT1710-08; Build/OCN27; wv",
        `${chrome} Mobile Safari/537.36 SogouMSE,SogouMobileBrowser/5.6.3`
      )
    ]
  ],
  apps: [
    "Mobile",
    [
      "okhttp/4.12.0",
      "MyShop_okhttp/4.9.1",
      "com.example.shop/1.2 (okhttp4.9)",
      "UnityPlayer/2021.3.16f1 (UnityWebRequest/1.0, libcurl/7.84.0-DEV)",
      "Dart/3.4 (dart:io)",
      "android-async-http/1.4.9 (http://loopj.com/android-async-http)",
      "Dalvik/2.1.0 (Linux; U; Android 11; Pixel 5 Build/RQ3A)",
      "MyApp/1.0 CFNetwork/1240.0.4 Darwin/20.6.0",
      "MyApp/2.1 (com.example.app; build:3; iOS 17.5.0) Alamofire/5.9.1",
      "com.google.ios.youtube/17.39.4 (iPhone14,2; U; CPU iOS 15_6_1 like Mac OS X; en_US)",
      "com.google.Gmail/6.0 iSL/3.4 iPhone/16.1 hw/iPhone12_1 (gzip)",
      "GoogleMaps/6.70 iPhone/15",
      "com.google.android.youtube/21.31.525(Linux; U; Android 13; en_US; T430WS Build/TP1A.220624.014) gzip",
      "WhatsApp/2.18.46 Android/6.0.1 Device/Xiaomi-Redmi_3S",
      "AndroidDownloadManager/9 (Linux; U; Android 9; CPH1907 Build/PKQ1.190630.001)"
    ]
  ]
}
