/**
 * Models of Android devices by the type they are, as data: facts gathered from public reports of devices, for those whose
 * user agent says nothing else of it or says something wrong. Names are in lower case, with a space for `_`, without the
 * region at their end, separated by `|`. device-type.ts looks them up: a whole name first, then the longest beginning.
 */
import type { DeviceType } from "../../contracts/wire/enrichment.ts"

export type Models = Readonly<Partial<Record<DeviceType, ReadonlyArray<string>>>>

/** Beginnings of names; a `0` in them stands for any digit. */
export const modelShapes: Models = {
  TV: ["00u|as 0k|k00d|nv0|td0|yndx-0000"],
  Tablet: [
    "00000rp|000t|alfa 00|an0|at0|ct000|eagle 00|gem0|hp 0|huawei m0|jk0|k00c|lenovo a0000-h|lg-v0|m00q|mid0",
    "nb0|optima 0|ot0|p0000x|p00h|p00s|po0|qs0000c|rt0|sky 000|smart l0|st000|t0-|t00-|t00n|tb0|tdt0|tecno p00",
    "tel-0|tt0|tz0|u00g|viva h0"
  ],
  Mobile: ["a000 j|a000 p|a000d|a000o|a000s|a000x|a000z|b0000|b000d|bv0|iris0|vodafone 0"]
}

/** Beginnings of names. */
export const modelBeginnings: Models = {
  TV: [
    "a5x |abx-|amcv|amigo7|ando|as4|as51|atom-|base s|beyondt|bt 3|ct-|digma s|dreams|econ|eris|evpa|formu",
    "gt1-|gtx-|harp|hi s|hibe|hty|hx-|iconbit mo|iconbit x|inv|jvc|kant-|kraf|ld-|lovi|lumus s|mata|mibo|movix",
    "mystery s|nek|neo-x|netta |nexon|onvo|orbs|ozo|pend|perf|polar |polarl|rkm |romb|selen|skyl|starw|stv-",
    "swtv|tdtv|telefunken s|tle-|topd|touca|tvb|vega s|vmp-|vork|yund"
  ],
  Wearable: ["lem1|leo-"],
  Desktop: ["hp e|sate|trav"],
  Tablet: [
    "100|2208128|809|9007|9013|9027|9032|acer o|ags|alfa 7|alfa 8|alfa1|amazo|androme|ap-|aquarius c|aria",
    "asus p|ax50|azi|bah|bdf|bg2-|bq-1|bq-7|bq-9|bqru-1|bqru-7|bzi-|bzt|c07|cavion base 7|ccit a|citi 1|citi 7",
    "citi 8|citi o|cont|ct7|cw-|dby|droidz d|dsl|e01|eagle 1|elite o|etl-t|f104|fast|finepower a|finepower b",
    "flyl|freem|geof|ginzzu g|gta|hlv-|hop|ht0|htc a1|htc f|i-mobile i-n|iba|ik-|iku t|impa|infor|ipa|ipla",
    "iq10|iq180|irul|it-|itel it17|itell|ivor|jdn|kaic|kian|kids|kj |km0|km1|kob|lark e|lavi|lc0|lenovo a35",
    "lenovo a55|lenovo a76|lenovo b|lenovo y|m-mp8|m-s|m40p|m7 3|m7-3|m75|magne|mc |mfc|mi pa|mid-|midc|mito t",
    "momo9|mrx|mt0|myt|navi|nomi c|nqt|nt-37|num|one touch t|optima p|oysters t|p80|pc-|pce-|plan|play t|plt",
    "plur|pmp|pmt|pocketb|positivo y|qs07|qs97|qta|quar|qumo a|qumo v|rc0|rc9|rct|read|ree|rmd|rp-u|senco",
    "sky pa|slat|slidep|smart g|smart w|smarty|spng|superi|supra m|surf|t10|t12|t20m|t40 |t74|tecno dp",
    "tecno p7|telep|teo|tesla l|tesla t|tf-m|tfx7|tm-1|tm-7|tm-9|tm-m|tpc|tr10|turbopa|u10|van|vi1|via l|via t",
    "via-|viewpa|vivah|wave i|wgr|wo |x-tigi jo|zeno|zt21|zyn"
  ],
  Mobile: [
    "150|2506|a102|a103|a201|a202|a502|a503|a57|a60|ali|alp|b50|bmm|clev|dial|droidz a|gio|gt-n7|hom|joy |kaz",
    "kem|kori|l-0|lgm|ls-|m-mp7s2|m-p|m19|mx-a|noa n|note |ns5|oka|orbi|p60|padf|que|rmx|self|sens|shv|shw",
    "sm-f|start|subo|sug|symb|tah-|tecno a|twz y|v21|v22|v23|vid|w-k|youn"
  ]
}

/** Whole names. */
export const modelNames: Models = {
  TV: [
    "10moons t2|24ghs55|24ghs57|24r470ts|3188hd|32evf5000s|32ghs56|32r670ts|32r750ts|32r751ts|32tp1hdta1",
    "40ghs57|43gus65|50kus65|50yuhd-r|55kus65|65kus65|65mt-udg54g|8k3528-t|8k618-t|a-stream|ab5116-01|adt-2",
    "ai pont|ailetv|akira shell lc390ta2a|akira shell pt430ct02-1|alfawise a9|allente 1|amaze ax-50 advance",
    "amlogic alvatech gt1|an-232|and1e|aosp on r33a0|artline-kmx3|as1 hd|b-stream|b867re|bb2 pro",
    "bbk shell v320bj6 q01|bbk shell v500dj6-qe1 t3|bell streamer|bid-at200|bq 40fs36b|c50usy24f|crd55-uhd9",
    "crd65-uhd11|cvte msd338 1g|cvte msd338 512m|cyclone x8|d2140|d2150|dangcaphd d8 pro|dawlance gsmart 4ktv",
    "dexp al-2020|dexp shell lc390tu1a|dexp shell pt320at01-5|digifors 400|divisat j-link|dolamee d5",
    "dolamee-d6|dq08|draco aw80|draco h3|droidlogic hiremco|dscs9|duotv|dv8235|dv8304-c|dv9135|dvs x3",
    "eagle classic pro|eagle elite|eagle gold|ec6108v8|ec6108v9-01|ecostartv|en1007qplus|eo104k bl|eo104k-bl",
    "epico 4k|era8k pro|ex-32hs006b|ex-32hs016b|ex-50us003b|f32ey1000b|f43d8000k pnl 72043311|f43f8000qg",
    "f43h8000qg|f48d8000k pnl 72048303 lsc480hn08 8|fengmiproja2|fenoti 42fn6000f|fibetv|fo-r15",
    "full aosp on noontec|fundroid mb18|fundroid mb216|gazal 100|gazal 100mix|gi fly t2|gi itv912|gi uni2",
    "gigatv|globmall x4|gr32200|gr43200|gt-b9150|gt1mini-2|gtcombo|gtv-50pu744n|gtv100|h-dmp100|h-dmp103",
    "h10 play|h24f8000c|h32f8000c|h32f8000cg|h32g8000kw|h32g8000q|h32h8000k|h32h8000q|h8s|haier matrixtv ael",
    "haieratvnippori|hb-2000|hc32hsy26f|hc50usy26fc|hiremco|hiremco matrix|hlq max|horizont 32le7011d",
    "horizont 43le7022d|hph07|hst 260|htv-55u11b-vs|i-910|i96 pro|ilepo mxq-4k|imaq tetra|imtm741",
    "infinityprotv|ip-60 max|ip-70 max|ip-80 max|ipc002|iron+|j-link ii|katv-01 pro|kb2 pro|kd1|ki plus|ki pro",
    "kii pro|kiii pro|kj-smart4k|kk max|km22|km5|km5pro|km6|km9|km9 pro|km9pro|kogan smartertv",
    "kogan smartertv 2k|kogantvap|kvant shell je400d3he1n|lcd xxsufoc475a|le-32zths25-a|le-43ztfs25-f",
    "le32ct5515ak|leap-s1|leben shell lc430duy|leben shell vvh32l147g22lty|leff shell hv320whb-n55",
    "leff shell lc390ta2a|limet95|limez2plus|longtv louie|lt-43nf8020s|lt-55nx8001s|lt-55u900|lu-v78|mag425a",
    "magentatv one|mbox3|md09tv|mdtv|me-cool s|minim8s|mito 3255|mk808|mk808b|mlt43fsx02|mlt43usd02|mlt55usx02",
    "mnbp-300g|mobo-edition|movie iptv quad|movie smart 4k|mx10|n5max x4|n5nova|neo u22-xj|neo-u1|neo-u9-h",
    "neo-z64|netwit p12039s|nexus player|ng3128hd|nogapc live|nogapc pro|nordmende 43nm6000f",
    "nordmende 55nm6000u|novex shell lc390ta2a|ntv h43c612n|ntv-u50c614s|nvx-55u321msy|nwx-40f171msy",
    "nx-32ths100|olto-43st20u|omnicast uhd|oppocnm632|optima t-ii|orion r68g|ot-dvb30|ott xview av1|p1",
    "p42l31t2csm|pab4411|panodic|path 7xpro|pipo x10|pipo x9s|portaltv|provision s1|ptv32ss04z cis bk",
    "ptv32ss04z cis ml|ptv40ss04y cis ml|ptv50ss04x cis bk|pyramid a5x|qg9|qk9max|qs02|r68 ii|realtekatv",
    "red 10|red 30|red 60|red 90|red360 air 8k|rh-le50dsy-c|rk3368|rst b1103hd|s turbo pro|s600 max|s700 max",
    "s70cds|s800 max|s900 pro|s900probt|saba 32sb6000h|saba 42sb6000f|samtron 43sa701|sbdv-00006|sbx604",
    "sdott00000|sdott0202|sdstb00|sdstb02|sei600go|sfcstb2lite|sh6b7ce eu012|silelis t-1|skystream 3plus",
    "skystream one|skyworth 8k55 e680|smart starwind|smartatv|smx4k|sn01dngl300|solo 4k|solo 8k|soullink s1",
    "spc alien|spyboxs11|spyboxs11 plus|ssq-a0500|sternenschein g-21|sunwell t95zplus|supermax mx11 prime",
    "supra shell hv550qub-b05|swg2001a-a|switron-i12a|t40sgled-a15|t40sled-a14|t43fsm5160|t96mini|tb-b01",
    "tb-g01|tb-po1|technosat w2|technosat x98mini|tesla xt550|test|tf500|topsion|tox1|tox3|tox4|tpm171e",
    "tq65ufbhv1|tr99|tr99 mini+|tv001 on rtd289x|tv348 dvb|tv348 isdb|tv358dvb|tvs-su5007|tx3 max|tx3 mini",
    "tx3mini|tx5 max|tx5 pro|tx6s|tx9s|u43f8000q|u50e9100q|u50f8000q|u55e9100q|ulx-43utcs347|uniontv|ut8|v10",
    "v24tphde1s|v32tphde1s|v39tphe01s|v88|vekta ld-32sr4850bs|vekta ld-43sf4850bs|vesta32ld86|vgk02",
    "vhix-32f199msa|vim2|vip7802|viva home|vivax-40le78t2s2sm|vmp023.p.02.d4|walton gsmart 2ktv|white x",
    "wildred shell v320bj6 q01|wildred shell v400hj6 pe1|wiwa dream player|wud55g7762s|wud55h7762sn|wzone",
    "x-media|x6-pro|x92|x98 s500|xds74k|xds84k|xds94k|xdsr785hdr avant|xgody x96|xr4500|xs100mini",
    "y8 max s905x3|youwei mini5g|yuno.pt430ct02.1.cv358h.t42|yutmart-mxqpro|z28pro|zealot"
  ],
  Wearable: [
    "appllp max|appllp2|arc-al00|elari 4g wink|geozon lte|gll-al01|h1-c-aladeng|kidphone4g|motorola-f100",
    "nb runiq|nt-1501c|r2021w2|thor 4 plus|thor pro|thor s|vr-1541f|vrl42|x9 call2"
  ],
  Console: ["dexp freya|jxd s601wifi|razer edge 5g"],
  Desktop: [
    "20jjs0cu1m|afrione 2in1|aquarius pro, std, elt series|bilimbook mini|easynote tv11hc|f0cu0028rk",
    "google pixelbook go|gp70 2od|h135|hibox-hero|hp compaq 8200 elite sff pc|k50ij|lifebook ah532|nuc10i3fnh",
    "remix mini|swift sf113-31|vostro 14-3468|vostro 3546|waydroid x86 64 device|zc-339"
  ],
  Tablet: [
    "101p51c|10dtb12|10la1|10lb1|1az|1iy4g|3q er71b|6351-q400i|701hw|705-g go|7a 3g|7dy|8052|8084",
    "8305c 4g ts8289pl|9003a|9025q|9029w|9029z|9160g|9203a|9460g|a7600-h|a80ksc|a811|a8i-q2|active 10 pro",
    "actived 8.2 3g|advan 1011|advan t5c|advance a7|alcatel one touch p310x|alcatel one touch p320x|algiz rt8",
    "alldocube iplay50 mini pro|allview speedi|allview2speedduo|allview3speedquad|allviewax2frenzy|allviewcity",
    "allviewcityplus|ama a703|archm901|archos core 3g v4|ask 791sp 3g|ast21|asus k00s|asus w706|asus z101",
    "asus z101 prime|asus z906|asusxpad10|ax10pro|ax2 frenzy|ax4nano|ax5nanoq|b bot 550|b27|b28|b31|bgo-l03",
    "biowolf 8-f30|biowolf8f30|bleck|bq sorbonne|bq-8006g|bq-8067l|bq-8077l|brace-x1|bravis slim 3g|bt7x1",
    "btouch7 plus|btpc-1022qc3g-tv|btxs1|bve-w10|bza-l00|bzc-al00|bzd-al00|bzd-w00|bzk-l00|bzk-w00|bzw-al00",
    "bzw-al10|c-721|c-723ultra|cat nova|cat stargate|ccita715g|cga-w00|citi z510 3g ct5006pg",
    "citi z520 3g cs5007pg|cloud z5|cm8500plus|compaq 7|connect7pro|core-t4|cosmo communicator|coto t117",
    "coyote 1090 dvr maximus pro|crony-7021|cube-t970|cyclone voyager|darwin9|de-de|deimos 7|dell streak",
    "dell streak 7|digma d700|dmoao d2|droidz edge+|droidz portal|droidz portal x|dta-07idrf|dw-ubt7w|dx758",
    "e101gcm|e1031|e17|e170|e1c 3g|e2281|e28|e691x|e731|e912|eben k8s|echo lolly|eda71 g|edu-7mt4|ek-mii",
    "ek-t7020|element 7 v2 basic|element 7v3|element7v2|elite t10 pro|eln2-l29|energyi8dual|enjoy 7 plus",
    "enot j101|enot-e102|es-es|everypad2|ex7sl4|ex7x4|ex8s1|express3|f3a|fartm933kz|faust5|faust6",
    "freebird 5wifi|g-padlite|g1000|g1000 pro|g2000|g7060|g7100|g8060|gemini 4g|geodroid a5|gk133m3|gpad702",
    "groberwert hd7|gt-w170|gt100|gu-6012b|h10 one|h270|hanson flex 7000|hdl-al09|hdn-l09|hello 7q|hey3-n09",
    "hey3-w00|hitv101c|honor v6 5g|honor v6 wi-fi|hp pro slate 8|hp slate 10 hd|hp slate 7|hp slate 7 plus",
    "hp slate 8 pro|hp slate7 extreme|hp slatebook 10 x2 pc|ht-705xs|htb801|htc-p715a|hwt31|hz0010|hz0010j",
    "i10 pro|i11|i213|i216a|i216x|id bot 53+|idbot553|idbot553plus|imo y5|imo z6|imo z7|impulse 7.85 3g",
    "infinityll|introtr3544|iq1832|iqm801|irola dx752|itel p10003l|itel w7002p|jaguar-01|jms-l09",
    "jp5 inmate media device|jp5s inmate media device|k38|k960n mt6753|kant2|kidiby|kj-yubi|kocaso-m9100",
    "krj-an00|krj2-an00|kt200pro|kt300pro|kt600pro|kurio7s|l-ite 402|l-ite 502 plus|l370i|l470|lecoo p116g",
    "lenovo pb-6505mc|lenovo s5000-f|lenovo s5000-h|lenovo s6000l-f|lenovoa3300-gv|lenovoa3300-h|lg-lk460",
    "lg-p490l|lg-p530l|lg-p755l|lgt01|light at200|livingstone2|lm-01|lm-t600|lm-t605|lp t70|lp t70 lite|lw788",
    "m bot 551|m bot 60|m-mp9s4a3g|m10 r02|m10l pro|m40|m6200|m729|m730w|m760|m762b|m766|m7go 2019|m7sqc plus",
    "m8 4g|m820-eea|m8l 2022|m8l plus|m9 wifi|m9-3g|m910a|maxtron t1|megafon login 3|megafon v9+|mi7 hero beta",
    "micromax p280|micromax p681|micromaxp802|ml01-m7-sd|ml01-m7s-quad-core|ml12-m7squadcore|ml21-m7s quadcore",
    "mobi 7 lte|mobo mt7-421hd|monster 4gxx|monza-t7|mq703g|mq703g 1|mt-t800|mt-t8b22|mt7-411d|mt7-442d",
    "mtn-8978p|mvm900hwz|mx1037 4g|mx736-kit|mystery mid-733g|n01pro|n101 dual core2 v11|n370|n5100|n5110|n570",
    "nabi2-nv7a|ndl-l09|neon7|neon9|net k7|net r7|network|neutabk1|np01j|nt-3601p/3602p|nt-3603p|nxm726",
    "nxm908hc|o+ fab go|o+ stream hdtv|o8hd|ocean k8|onda mid|onyx z|optima m7.0 tt7008aw|p10x|p380i|p7pro|p85",
    "p851x|pedi plus w|pentagram eon prix|pi3210g|pipo t9|pixus arena|pixus deon|pixus joker|pixus touch 7 3g",
    "platinum view2|plum z811|pmid4311|pmid71c|poke2color|polytron t7700|polytron t7800|power bot|ps650",
    "psp7546duo|psp7610duo|ptb10r|pulla|q010b|q3pro|q718b|q7a|q7a+|q93s|qc77qps|qm734-8g|r1|r8l5t",
    "radar deluxe 2|rc7804f|rc7t3g21|rol-w60|royole flexpai 2|ruggbo 20 lite|runbop2-en|s180|s23|s270i|s280",
    "s370|s470|s570|s7-classic|sb5 hd|sc-01e|sc-06d|sc-2110|sc-74jb|sc-91mid|sc7 pro hd|sch-i915|scmr-al09",
    "sh-08e|sh-t01|sht21|silk/1.0.22.153 10033210|sk-mtek gt7301|sk-mtek gt7305|slplus02|sm-n8000|smailo 2go",
    "smooth 8gt|snap 4g2|snook-x10|so-03e|so-05f|so-05g|sonyso-03e|soundphone s2|sp704c|sp704ce",
    "sprint atp515ckit|swipe strike8|sygnus|t0802l|t470|t500 3g|t708b|t84bi 4g|t84eri 3g|t907b|tac-70051",
    "tac-7028|tc970|techno-i785ap|techpad703|tecno 7c|tesla gravity 9.7 shd|tg15|thinkpad tablet",
    "thinkpadtablet|tmnt|tmrv5gtb|torex-ps12|torex831b|tps-sc10|true smart 7.0 quadcore|twinkle i5|tyd-109",
    "u63plus|u70b|u70c|v-z40|v709x|verykool t7440|verykoolt7445|verykooltl8010|viewsonic-viewpad7e build/ere27",
    "visionbook p70 lte|viva 803g|vm1017a|volta4|volta5|vt701|vt75c|w-109|wave-i101l|woxter zielo d15|wpad3",
    "x tigi joy7 mate|x tigi joy7 tv|x1030x|x109|x10mt16|x80 power|x8ultra|x98 air ii|x98 air iii|xr6m10",
    "xr6p10|xyao-w00|y88x  plus|z1|z1000|z1000 3d|z900 plus|z909|z930|z930+|z99|z99 3g|zl80|zoom|zt-97003g",
    "zte t1002|zte t1004|zte v70|zte-k88|zte-k92|zyq-q88"
  ],
  Mobile: [
    "4good kids s45|9002x|9022x|a100|a1000s lite|a101bm|a101fc|a101kc|a170|a171|a180|a181|a205kc|a2121g|a309w",
    "a350 tv|a501 bright|a504 trace|a511 harmony|a512 harmony pro|allview 2 speed quad|aquaris m10|ar-eg",
    "aries 785|aries 7o|betacrux|blu touchbook g7|droidz beat tv|droidz match tv|droidz rotate|dt1901a|dt1902a",
    "dt2002c|fmt-nm7058-02|fxt810r|g011a|gpad u|haier-sy0880|hb x7|hp slate 6 voice tab|i10-le",
    "iberry auxus ax02|icon r45|inco aurora ii|itruck 7 3g|k00e|k00z|k012|k016|k019|lumus ion|m-mp75s23g|m1 e",
    "mc33|me371mg|mflogin4|miracle xs|n83-2cpu|nbx-nb1012|nbx-t8a1ie|ns6|od105|p360x|p713|phn110|play25 pro 4g",
    "q.dee r09|q.mate r99|q.next b7|sailfish|samsung gt-n7105/n7105xxdmc3|sm-t255s|sm801|sm919|superb",
    "superb plus|switch go|switch plus|tech pad +q545|tech pad x10|telekom puls|tornado3g|trio f40lt|tx9 pro",
    "v3e|vodafone pro 4g|vodafone smart 4 turbo|vodafone smart 4g|vodafone smart ii|x67 5g|x96pro|xgody y17",
    "xl39h|y71|y85|yk p30|zoom 1|zur722m"
  ]
}
