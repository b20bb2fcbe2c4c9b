/*
 * What ad platforms call things, in the languages that they export in. A phrase is compared
 * without case, accents and marks; in scripts that write no blanks it may stand anywhere in a name:
 *
 *   "Impr."           impr                        Latin letters: whole words
 *   "Coût / clic"     cout clic
 *   "クリック数 (全て)"   クリック数 全て                 Chinese, Japanese, Korean: anywhere
 *
 * These are guesses. They are shown to the user for confirmation, never acted on unseen.
 */

/** Languages that exports come in. */
export const languages = [
  'en',
  'de',
  'fr',
  'es',
  'pt',
  'it',
  'nl',
  'pl',
  'sv',
  'tr',
  'ja',
  'ko',
  'zh',
] as const;
export type Language = (typeof languages)[number];

/** What a column can stand for by its name. */
export const meanings = [
  'impressions',
  'clicks',
  'cost',
  'time',
  'campaign',
  'ad_group',
  'device',
  'position',
] as const;
export type Meaning = (typeof meanings)[number];

type Phrases = Readonly<Record<Language, readonly string[]>>;

/** By meaning and language, the likeliest phrase first. */
const spoken: Readonly<Record<Meaning, Phrases>> = {
  impressions: {
    en: [
      'impressions',
      'impr',
      'imps',
      'impression',
      'displays',
      'display',
      'exposures',
      'served',
      'shows',
      'views',
    ],
    de: ['impressionen', 'einblendungen', 'impr'],
    fr: ['impressions', 'impr', 'affichages'],
    es: ['impresiones', 'impr'],
    pt: ['impressoes', 'impr'],
    it: ['impressioni', 'impr'],
    nl: ['vertoningen', 'vert', 'weergaven', 'impressies'],
    pl: ['wyswietlenia', 'wysw', 'wyswietlen'],
    sv: ['visningar', 'exponeringar', 'visn', 'exp'],
    tr: ['gosterim', 'gosterimler', 'gosterim sayisi', 'gost'],
    ja: ['表示回数', 'インプレッション数', 'インプレッション'],
    ko: ['노출수', '노출 수', '노출'],
    zh: [
      '展示次数',
      '展示次數',
      '展示量',
      '曝光次数',
      '曝光次數',
      '曝光量',
      '曝光數',
      '曝光数',
      '展现量',
      '展現量',
      '展示',
      '曝光',
    ],
  },
  clicks: {
    en: ['clicks', 'link clicks', 'click', 'clks', 'clicks all', 'outbound clicks'],
    de: ['klicks', 'link klicks', 'klicks auf links', 'klicks auf link', 'klicks alle'],
    fr: ['clics', 'clics sur un lien', 'clics sur le lien', 'clics sur lien', 'clics tous'],
    es: ['clics', 'clics en el enlace', 'clics todos'],
    pt: ['cliques', 'cliques no link', 'cliques todos'],
    it: ['clic', 'clic sul link', 'clic tutti'],
    nl: ['klikken', 'linkkliks', 'klikken op link', 'klikken op links', 'kliks', 'klikken alle'],
    pl: ['klikniecia', 'klikniecia linku', 'klikniecia linka', 'klikniecia wszystkie', 'klik'],
    sv: ['klick', 'lankklick', 'klick pa lank', 'klick alla'],
    tr: ['tiklamalar', 'tiklama', 'baglanti tiklamalari', 'tiklama sayisi', 'tiklamalar tumu'],
    ja: ['クリック数', 'リンクのクリック', 'クリック'],
    ko: ['클릭수', '클릭 수', '링크 클릭', '클릭'],
    zh: [
      '点击次数',
      '點擊次數',
      '点击量',
      '點擊數',
      '点击数',
      '链接点击量',
      '連結點擊次數',
      '点击',
      '點擊',
    ],
  },
  cost: {
    en: [
      'cost',
      'costs',
      'spend',
      'amount spent',
      'spent',
      'ad spend',
      'total spent',
      'total cost',
    ],
    de: ['kosten', 'ausgegebener betrag', 'ausgaben'],
    fr: ['cout', 'couts', 'montant depense', 'depenses'],
    es: ['coste', 'costo', 'importe gastado', 'gasto', 'inversion'],
    pt: ['custo', 'valor usado', 'valor gasto', 'montante gasto', 'investimento'],
    it: ['costo', 'importo speso', 'spesa'],
    nl: ['kosten', 'uitgegeven bedrag', 'besteed bedrag', 'uitgaven'],
    pl: ['koszt', 'wydana kwota', 'wydatki'],
    sv: ['kostnad', 'spenderat belopp', 'utgifter'],
    tr: ['maliyet', 'harcanan tutar', 'harcama'],
    ja: ['費用', 'ご利用金額', '消化金額', 'コスト'],
    ko: ['비용', '지출 금액', '지출금액', '총비용'],
    zh: ['费用', '費用', '花费金额', '花費金額', '花费', '花費', '消费', '消耗', '支出'],
  },
  time: {
    en: [
      'date',
      'day',
      'gregorian date',
      'week',
      'month',
      'hour',
      'time',
      'timestamp',
      'datetime',
      'event time',
      'time period',
      'start date',
      'reporting starts',
      'date start',
      'start time',
      'hour of day',
      'hour of the day',
      'time of day',
    ],
    de: [
      'datum',
      'tag',
      'woche',
      'monat',
      'stunde',
      'zeit',
      'zeitpunkt',
      'uhrzeit',
      'tageszeit',
      'stunde des tages',
      'berichtsstart',
      'startdatum',
    ],
    fr: [
      'date',
      'jour',
      'semaine',
      'mois',
      'heure',
      'heure de la journee',
      'debut des rapports',
      'date de debut',
    ],
    es: [
      'fecha',
      'dia',
      'semana',
      'mes',
      'hora',
      'hora del dia',
      'inicio del informe',
      'fecha de inicio',
    ],
    pt: [
      'data',
      'dia',
      'semana',
      'mes',
      'hora',
      'inicio dos relatorios',
      'inicio do relatorio',
      'data de inicio',
    ],
    it: [
      'data',
      'giorno',
      'settimana',
      'mese',
      'ora',
      'inizio dei report',
      'data di inizio',
      'inizio report',
    ],
    nl: [
      'datum',
      'dag',
      'week',
      'maand',
      'uur',
      'uur van de dag',
      'tijd',
      'begin rapportage',
      'startdatum',
      'rapportagestart',
    ],
    pl: [
      'data',
      'dzien',
      'tydzien',
      'miesiac',
      'godzina',
      'godzina dnia',
      'poczatek raportu',
      'data rozpoczecia',
    ],
    sv: [
      'datum',
      'dag',
      'vecka',
      'manad',
      'timme',
      'timme pa dagen',
      'tid',
      'rapportstart',
      'startdatum',
    ],
    tr: [
      'tarih',
      'gun',
      'hafta',
      'ay',
      'saat',
      'gunun saati',
      'rapor baslangici',
      'baslangic tarihi',
    ],
    ja: ['日付', '日', '日別', '週', '月', '時間', '時間帯', '時刻', 'レポート開始日', '開始日'],
    ko: ['날짜', '일', '일자', '주', '월', '시간', '시간대', '보고 시작', '시작일'],
    zh: [
      '日期',
      '天',
      '日',
      '周',
      '週',
      '月',
      '小时',
      '小時',
      '时间',
      '时段',
      '時段',
      '時間',
      '报告开始日期',
      '開始日期',
      '开始日期',
    ],
  },
  campaign: {
    en: ['campaign', 'campaign name', 'campaign id', 'campaign group', 'campaign number'],
    de: ['kampagne', 'kampagnenname', 'name der kampagne', 'kampagnen id'],
    fr: ['campagne', 'nom de la campagne', 'id de campagne'],
    es: ['campana', 'nombre de la campana', 'id de la campana'],
    pt: ['campanha', 'nome da campanha', 'id da campanha'],
    it: ['campagna', 'nome della campagna', 'nome campagna', 'id campagna'],
    nl: ['campagne', 'campagnenaam', 'naam van campagne', 'campagne id'],
    pl: ['kampania', 'nazwa kampanii', 'identyfikator kampanii'],
    sv: ['kampanj', 'kampanjnamn', 'kampanj id'],
    tr: ['kampanya', 'kampanya adi', 'kampanya kimligi'],
    ja: ['キャンペーン名', 'キャンペーン'],
    ko: ['캠페인 이름', '캠페인명', '캠페인'],
    zh: [
      '广告系列名称',
      '廣告活動名稱',
      '广告系列',
      '廣告活動',
      '行銷活動名稱',
      '推广计划',
      '计划名称',
      '计划',
    ],
  },
  ad_group: {
    en: ['ad group', 'ad group name', 'ad set', 'ad set name', 'ad group id', 'adgroup', 'adset'],
    de: ['anzeigengruppe', 'anzeigengruppenname', 'name der anzeigengruppe'],
    fr: [
      'groupe d annonces',
      'ensemble de publicites',
      'nom de l ensemble de publicites',
      'groupe de publicites',
    ],
    es: ['grupo de anuncios', 'conjunto de anuncios', 'nombre del conjunto de anuncios'],
    pt: ['grupo de anuncios', 'conjunto de anuncios', 'nome do conjunto de anuncios'],
    it: ['gruppo di annunci', 'gruppo di inserzioni', 'nome del gruppo di inserzioni'],
    nl: ['advertentiegroep', 'advertentieset', 'naam van advertentieset'],
    pl: ['grupa reklam', 'zestaw reklam', 'nazwa zestawu reklam'],
    sv: ['annonsgrupp', 'annonsuppsattning', 'annonsuppsattningens namn'],
    tr: ['reklam grubu', 'reklam seti', 'reklam seti adi'],
    ja: ['広告グループ', '広告セット名', '広告セット'],
    ko: ['광고그룹', '광고 그룹', '광고 세트 이름', '광고 세트'],
    zh: ['广告组', '廣告群組', '广告组名称', '廣告組合'],
  },
  device: {
    en: ['device', 'device type', 'platform', 'impression device', 'device platform'],
    de: ['gerat', 'geratetyp', 'plattform'],
    fr: ['appareil', 'type d appareil', 'plateforme', 'plate forme'],
    es: ['dispositivo', 'tipo de dispositivo', 'plataforma'],
    pt: ['dispositivo', 'tipo de dispositivo', 'plataforma'],
    it: ['dispositivo', 'tipo di dispositivo', 'piattaforma'],
    nl: ['apparaat', 'apparaattype', 'platform'],
    pl: ['urzadzenie', 'typ urzadzenia', 'platforma'],
    sv: ['enhet', 'enhetstyp', 'plattform'],
    tr: ['cihaz', 'cihaz turu', 'platform'],
    ja: ['デバイス', '端末', 'プラットフォーム'],
    ko: ['기기', '디바이스', '플랫폼'],
    zh: ['设备', '裝置', '設備', '平台'],
  },
  position: {
    en: ['avg position', 'average position', 'position', 'ad position', 'ad slot', 'placement'],
    de: ['durchschn position', 'position', 'platzierung', 'anzeigenposition'],
    fr: ['position moyenne', 'position moy', 'position', 'placement', 'emplacement'],
    es: ['posicion media', 'posic media', 'posicion', 'ubicacion'],
    pt: ['posicao media', 'pos media', 'posicao', 'posicionamento'],
    it: ['posizione media', 'pos media', 'posizione', 'posizionamento'],
    nl: ['gem positie', 'gemiddelde positie', 'positie', 'plaatsing'],
    pl: ['srednia pozycja', 'sr poz', 'pozycja', 'umiejscowienie'],
    sv: ['genomsn position', 'genomsnittlig position', 'position', 'placering'],
    tr: ['ort konum', 'ortalama konum', 'konum', 'reklam alani'],
    ja: ['平均掲載順位', '掲載順位', '配置'],
    ko: ['평균 게재순위', '평균게재순위', '게재순위', '게재 위치', '노출 위치'],
    zh: ['平均排名', '平均排名位置', '排名', '版位', '广告位', '廣告位置'],
  },
};

/** Words of a row that sums up others. A row's key cell begins with one. */
const totals: Phrases = {
  en: [
    'total',
    'итого',
    'всего',
    'totals',
    'grand total',
    'subtotal',
    'sub total',
    'sum',
    'summary',
    'overall',
    'report total',
  ],
  de: ['gesamt', 'gesamtsumme', 'summe', 'insgesamt', 'zwischensumme', 'gesamtergebnis'],
  fr: ['total', 'totaux', 'somme', 'sous total', 'total general', 'ensemble'],
  es: ['total', 'totales', 'suma', 'total general'],
  pt: ['total', 'totais', 'soma', 'total geral'],
  it: ['totale', 'totali', 'somma', 'totale complessivo'],
  nl: ['totaal', 'totalen', 'som', 'eindtotaal', 'subtotaal'],
  pl: ['razem', 'suma', 'lacznie', 'ogolem', 'suma czesciowa', 'w sumie'],
  sv: ['totalt', 'summa', 'total', 'totalsumma', 'delsumma'],
  tr: ['toplam', 'genel toplam', 'ara toplam'],
  ja: ['合計', '総計', '小計', '全体'],
  ko: ['합계', '총계', '소계', '전체', '총'],
  zh: ['合计', '合計', '总计', '總計', '小计', '小計', '总和', '共计', '汇总'],
};

/** Words within the names of numbers that are known only after the clicks, or with them. */
const outcomes: Phrases = {
  en: [
    'thruplay',
    'transaction',
    'transactions',
    'checkout',
    'checkouts',
    'new users',
    'swipe',
    'swipes',
    'swipe ups',
    'submit',
    'submits',
    'submissions',
    'wishlist',
    'profile visits',
    'store visits',
    'visits',
    'subscriber',
    'subscribers',
    'subscriptions',
    'earnings',
    'payout',
    'payouts',
    'gmv',
    'aov',
    'completed views',
    'completed plays',
    'appointment',
    'appointments',
    'registrations',
    'sign ups',
    'signups',
    'ctr',
    'cpc',
    'cpm',
    'cpa',
    'cpv',
    'cpi',
    'cpl',
    'ecpm',
    'ecpc',
    'rpm',
    'roas',
    'acos',
    'tacos',
    'roi',
    'cvr',
    'vtr',
    'arpu',
    'click through rate',
    'clickthrough rate',
    'click rate',
    'clickthrough',
    'conversion',
    'conversions',
    'conv',
    'revenue',
    'sales',
    'sale',
    'purchase',
    'purchases',
    'order',
    'orders',
    'units sold',
    'cost per',
    'cost',
    'costs',
    'spend',
    'spent',
    'amount spent',
    'rate',
    'value',
    'video views',
    'video view',
    'video plays',
    'video played',
    'thruplays',
    'video watches',
    'watch time',
    'quartile',
    'engagement',
    'engagements',
    'reactions',
    'reaction',
    'shares',
    'likes',
    'comments',
    'saves',
    'follows',
    'followers gained',
    'calls',
    'phone calls',
    'leads',
    'lead',
    'bookings',
    'booking',
    'reach',
    'frequency',
    'bounce',
    'sessions',
    'session',
    'pageviews',
    'page views',
    'landing page views',
    'installs',
    'install',
    'downloads',
    'add to cart',
    'adds to cart',
    'interactions',
    'interaction',
    'view through',
    'post click',
    'postclick',
    'clicks',
    'results',
    'result',
    'impression share',
    'impr share',
    'lost is',
    'invalid clicks',
    'viewable',
    'dwell',
    'profit',
    'margin',
    'opens',
  ],
  de: [
    'einnahmen',
    'haufigkeit',
    'warenkorb',
    'warenkorbwert',
    'anmeldungen',
    'klickrate',
    'klicks',
    'conversion',
    'conversions',
    'konversionen',
    'conv',
    'umsatz',
    'wert',
    'kosten',
    'kosten pro',
    'rate',
    'quote',
    'kaufe',
    'bestellungen',
    'ergebnisse',
    'reichweite',
    'frequenz',
    'interaktionen',
    'anrufe',
    'leads',
    'buchungen',
    'videoaufrufe',
    'videowiedergaben',
    'aufrufe',
    'reaktionen',
    'kommentare',
    'sitzungen',
    'absprungrate',
    'installationen',
    'downloads',
    'ausgegebener betrag',
    'ausgaben',
  ],
  fr: [
    'inscription',
    'inscriptions',
    'panier',
    'taux de clics',
    'taux',
    'clics',
    'conversions',
    'conv',
    'chiffre d affaires',
    'revenu',
    'revenus',
    'valeur',
    'cout',
    'couts',
    'cout par',
    'achats',
    'ventes',
    'commandes',
    'resultats',
    'couverture',
    'portee',
    'repetition',
    'frequence',
    'interactions',
    'appels',
    'prospects',
    'reservations',
    'vues',
    'lectures de video',
    'reactions',
    'partages',
    'commentaires',
    'sessions',
    'rebond',
    'installations',
    'telechargements',
    'montant depense',
    'depenses',
  ],
  es: [
    'tasa de clics',
    'tasa',
    'porcentaje de clics',
    'clics',
    'conversiones',
    'conv',
    'ingresos',
    'valor',
    'coste',
    'costo',
    'coste por',
    'costo por',
    'compras',
    'ventas',
    'pedidos',
    'resultados',
    'alcance',
    'frecuencia',
    'interacciones',
    'llamadas',
    'clientes potenciales',
    'reservas',
    'visualizaciones',
    'reproducciones',
    'reacciones',
    'compartidos',
    'comentarios',
    'sesiones',
    'rebote',
    'instalaciones',
    'descargas',
    'importe gastado',
    'gasto',
  ],
  pt: [
    'taxa de cliques',
    'taxa',
    'cliques',
    'conversoes',
    'conv',
    'receita',
    'valor',
    'custo',
    'custo por',
    'compras',
    'vendas',
    'pedidos',
    'resultados',
    'alcance',
    'frequencia',
    'interacoes',
    'chamadas',
    'leads',
    'reservas',
    'visualizacoes',
    'reproducoes',
    'reacoes',
    'compartilhamentos',
    'comentarios',
    'sessoes',
    'rejeicao',
    'instalacoes',
    'downloads',
    'gasto',
    'valor usado',
  ],
  it: [
    'percentuale di clic',
    'tasso',
    'clic',
    'conversioni',
    'conv',
    'entrate',
    'ricavi',
    'fatturato',
    'valore',
    'costo',
    'costo per',
    'acquisti',
    'vendite',
    'ordini',
    'risultati',
    'copertura',
    'frequenza',
    'interazioni',
    'chiamate',
    'contatti',
    'prenotazioni',
    'visualizzazioni',
    'riproduzioni',
    'reazioni',
    'condivisioni',
    'commenti',
    'sessioni',
    'rimbalzo',
    'installazioni',
    'importo speso',
    'spesa',
  ],
  nl: [
    'klikfrequentie',
    'doorklikfrequentie',
    'ctr',
    'klikken',
    'conversies',
    'conv',
    'opbrengst',
    'omzet',
    'waarde',
    'kosten',
    'kosten per',
    'aankopen',
    'verkopen',
    'bestellingen',
    'resultaten',
    'bereik',
    'frequentie',
    'percentage',
    'interacties',
    'oproepen',
    'boekingen',
    'videoweergaven',
    'reacties',
    'delen',
    'opmerkingen',
    'sessies',
    'bounce',
    'installaties',
    'uitgegeven bedrag',
    'besteed bedrag',
    'uitgaven',
  ],
  pl: [
    'kosztem',
    'wspolczynnik',
    'wsp',
    'klikniecia',
    'konwersje',
    'konwersji',
    'konw',
    'przychod',
    'przychody',
    'wartosc',
    'koszt',
    'koszt na',
    'zakupy',
    'sprzedaz',
    'zamowienia',
    'wyniki',
    'zasieg',
    'czestotliwosc',
    'interakcje',
    'polaczenia',
    'kontakty',
    'rezerwacje',
    'obejrzenia',
    'odtworzenia',
    'reakcje',
    'udostepnienia',
    'komentarze',
    'sesje',
    'odrzucen',
    'instalacje',
    'wydana kwota',
    'wydatki',
  ],
  sv: [
    'klickfrekvens',
    'klick',
    'konverteringar',
    'konv',
    'intakt',
    'intakter',
    'varde',
    'kostnad',
    'kostnad per',
    'kop',
    'forsaljning',
    'bestallningar',
    'resultat',
    'rackvidd',
    'frekvens',
    'andel',
    'interaktioner',
    'samtal',
    'bokningar',
    'videovisningar',
    'reaktioner',
    'delningar',
    'kommentarer',
    'sessioner',
    'avvisningsfrekvens',
    'installationer',
    'spenderat belopp',
    'utgifter',
  ],
  tr: [
    'tiklama orani',
    'to',
    'tbm',
    'bgbm',
    'tiklamalar',
    'tiklamalari',
    'tiklama',
    'donusum',
    'donusumler',
    'gelir',
    'deger',
    'degeri',
    'maliyet',
    'basina maliyet',
    'satin alma',
    'satislar',
    'siparisler',
    'sonuclar',
    'erisim',
    'siklik',
    'oran',
    'orani',
    'etkilesimler',
    'aramalar',
    'potansiyel musteriler',
    'rezervasyonlar',
    'goruntulemeler',
    'ifadeler',
    'paylasimlar',
    'yorumlar',
    'oturumlar',
    'hemen cikma',
    'yuklemeler',
    'harcanan tutar',
    'harcama',
  ],
  ja: [
    'クリック率',
    'クリック単価',
    '単価',
    'コンバージョン',
    '売上',
    '収益',
    '価値',
    '費用',
    'コスト',
    '購入',
    '注文',
    '結果',
    'リーチ',
    'フリークエンシー',
    '率',
    'インタラクション',
    'エンゲージメント',
    '通話',
    'リード',
    '予約',
    '動画再生',
    '視聴回数',
    'リアクション',
    'シェア',
    'いいね',
    'コメント',
    'セッション',
    '直帰',
    'インストール',
    '消化金額',
    'ご利用金額',
    'クリック',
  ],
  ko: [
    '클릭률',
    '클릭당',
    '전환',
    '매출',
    '수익',
    '가치',
    '비용',
    '구매',
    '주문',
    '결과',
    '도달',
    '빈도',
    '비율',
    '률',
    '참여',
    '상호작용',
    '통화수',
    '통화 건수',
    '전화 통화',
    '리드',
    '예약',
    '동영상 조회',
    '조회수',
    '공감',
    '공유',
    '좋아요',
    '댓글',
    '세션',
    '이탈',
    '설치',
    '지출',
    '클릭',
  ],
  zh: [
    '点击率',
    '點擊率',
    '点击成本',
    '单价',
    '單價',
    '每次点击',
    '每次點擊',
    '转化',
    '轉換',
    '收入',
    '销售',
    '銷售',
    '价值',
    '價值',
    '费用',
    '費用',
    '成本',
    '购买',
    '購買',
    '订单',
    '訂單',
    '成效',
    '结果',
    '覆盖人数',
    '触达',
    '觸及',
    '频次',
    '頻率',
    '率',
    '互动',
    '互動',
    '通话',
    '通話',
    '线索',
    '潜在客户',
    '预订',
    '預訂',
    '视频播放',
    '影片觀看',
    '观看',
    '心情',
    '分享',
    '赞',
    '评论',
    '会话',
    '工作階段',
    '跳出',
    '安装',
    '安裝',
    '花费',
    '花費',
    '消耗',
    '点击',
    '點擊',
  ],
};

/** Words that make of a count's name something else: a share of it, a price for it. */
const derivedFrom =
  /\b(per|rate|share|ratio|cost|cpc|cpm|ctr|invalid|avg|average|pro|par|por|taux|tasa|taxa|tasso|quote|kosten|cout|coste|costo|custo|koszt|kostnad|maliyet|basina|na|conv|conversion|conversions|goal|viewable|unique|lost|top|abs)\b|率|単価|单价|單價|당|률/;

const averages =
  /\b(avg|average|mean|durchschn|durchschnitt|durchschnittliche?r?s?|mittlere?r?|moy|moyen|moyenne|prom|promedio|med|medio|media|gem|gemiddelde|sred|sredni|srednia|genomsnitt|genomsnittlig|ort|ortalama)\b|平均|평균/;

/** Whether a number is an average over what was counted, by its name. */
export const isAverage = (name: string): boolean => averages.test(plainName(name));

/** A script that writes words without blanks between them. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;

/** A name without case, accents, marks and units: `Coût / clic (€)` is `cout clic`. */
export function plain(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/(?<=\p{Script=Latin})\p{M}+/gu, '')
    .normalize('NFC')
    .toLowerCase()
    .replace(/[ıł]/g, (letter) => (letter === 'ı' ? 'i' : 'l'))
    .replace(/ß/g, 'ss')
    .replace(/ø/g, 'o')
    .replace(/æ/g, 'ae')
    .replace(/([a-z])_/g, '$1 ')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/** Splits camelCase apart, then makes it plain: `adPosition` is `ad position`. */
export function plainName(name: string): string {
  return plain(name.replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2'));
}

/** Whether a plain phrase stands in a plain name. */
function holds(name: string, phrase: string): boolean {
  if (UNSPACED.test(phrase)) return name.replaceAll(' ', '').includes(phrase.replaceAll(' ', ''));
  return ` ${name} `.includes(` ${phrase} `);
}

/** How a name came to be taken for something, the closer the higher. */
export interface NameMatch {
  /** 3: the name is the phrase. 2: with something in parentheses. 1: the phrase is within it. */
  readonly closeness: 1 | 2 | 3;
  /** Place of the phrase in its list: the likelier, the lower. */
  readonly place: number;
  readonly language: Language;
}

/** How a column's name says a meaning; undefined if it does not. */
export function matchMeaning(name: string, meaning: Meaning): NameMatch | undefined {
  const whole = plainName(name);
  const bare = plainName(name.replace(/\s*[([（【].*$/u, ''));
  let best: NameMatch | undefined;
  for (const language of languages) {
    spoken[meaning][language].forEach((phrase, place) => {
      const closeness = closenessOf(phrase, whole, bare);
      if (closeness === undefined) return;
      if (closeness === 1 && phrase.length < 4 && !UNSPACED.test(phrase)) return;
      if (closeness < 3 && derivedFrom.test(whole) && !derivedFrom.test(phrase)) return;
      const match = { closeness, place, language };
      if (best === undefined || isCloser(match, best)) best = match;
    });
  }
  return best;
}

function closenessOf(phrase: string, whole: string, bare: string): 1 | 2 | 3 | undefined {
  const squeezed = phrase.replaceAll(' ', '');
  if (whole.replaceAll(' ', '') === squeezed) return 3;
  if (bare.replaceAll(' ', '') === squeezed) return 2;
  return holds(whole, phrase) ? 1 : undefined;
}

function isCloser(a: NameMatch, b: NameMatch): boolean {
  return a.closeness !== b.closeness ? a.closeness > b.closeness : a.place < b.place;
}

/** The columns that a meaning may be taken from by their names, the likeliest first. */
export function namedLike(names: readonly string[], meaning: Meaning): string[] {
  const matches = names.flatMap((name) => {
    const match = matchMeaning(name, meaning);
    return match === undefined ? [] : [{ name, match }];
  });
  return matches
    .sort((a, b) => (isCloser(a.match, b.match) ? -1 : isCloser(b.match, a.match) ? 1 : 0))
    .map(({ name }) => name);
}

/** Words of what is set before the money is spent, whatever it is a setting of: `Max. CPC`, `Target ROAS`. */
const settings =
  /\b(bid|bids|cap|caps|control|tcpa|troas|minimum|historical|expected|predicted|planned|previous|target|max|maximum|budget|limit|gebot|ziel|enchere|objectif|puja|objetivo|lance|meta|offerta|obiettivo|bod|doel|stawka|docelowy|bud|mal|teklif|hedef)\b|入札|目標|입찰|목표|出价|出價|目标/;

/** The phrase by which a number's name says that it is known only after the clicks. */
export function outcomePhrase(name: string): string | undefined {
  const whole = plainName(name);
  if (settings.test(whole)) return undefined;
  let longest: string | undefined;
  for (const language of languages) {
    for (const phrase of outcomes[language]) {
      if (holds(whole, phrase) && phrase.length > (longest?.length ?? 0)) longest = phrase;
    }
  }
  return longest;
}

/** Every phrase for a total, the longer first. */
const phrasesOfTotals = [...new Set(languages.flatMap((language) => totals[language]))].sort(
  (a, b) => b.length - a.length,
);

/** How a cell says that its row sums up others. */
export type SaysTotal =
  /** `Total`, `Total: Account`, `Gesamt`, `合計` */
  | 'surely'
  /** `Harbour Total`, `Total Harbour`: it may be a name. */
  | 'perhaps'
  | 'no';

/** `All devices`, `Alle Geräte`: a value that stands for all others, if it has what they have. */
const wholes = /^(all|alle|alles|tous|toutes|todos|todas|tutti|tutte|wszystkie|alla|tum|tumu)( |$)/;

/** Whether a key cell says that its row sums up others. */
export function saysTotal(cell: string): SaysTotal {
  const said = plain(cell);
  if (said === '') return 'no';
  let answer: SaysTotal = wholes.test(said) ? 'perhaps' : 'no';
  for (const language of languages) {
    for (const phrase of totals[language]) {
      if (said === phrase) return 'surely';
      if (UNSPACED.test(phrase)) {
        if (/^[\s\d]/.test(said.slice(phrase.length)) && said.startsWith(phrase)) return 'surely';
        if (said.startsWith(phrase) || said.endsWith(phrase)) answer = 'perhaps';
      } else if (said.startsWith(`${phrase} `)) {
        if (totalWithMore(cell)) return 'surely';
        answer = 'perhaps';
      } else if (said.endsWith(` ${phrase}`)) answer = 'perhaps';
    }
  }
  return answer;
}

/** `Total: Search`, `Total : compte`, `Total - 12 campaigns`, `Total of 41 results`, `Total (3)` */
function totalWithMore(cell: string): boolean {
  const said = cell.normalize('NFKC').trim().replace(/[–—]/g, '-');
  if (/^[^:-]*:|^[^-]*\s-\s/.test(said)) return true;
  return (
    /^[^\d]*?\s(?:\p{L}{1,3}\s)?\(?[\d.,\s]+(?:\s\p{L}+)?\)?$/u.test(said) && !/\s\d+$/.test(said)
  );
}

/** A cell without its word for a total, in small letters: `Harbour Total` is `harbour`. */
export function withoutTotal(cell: string): string {
  const said = cell.trim().toLowerCase();
  if (saysTotal(cell) === 'no') return said;
  if (saysTotal(cell) === 'surely') return '';
  const name = plain(cell);
  for (const phrase of phrasesOfTotals) {
    const blank = UNSPACED.test(phrase) ? '' : ' ';
    if (name.startsWith(phrase + blank)) return name.slice(phrase.length).trim();
    if (name.endsWith(blank + phrase)) return name.slice(0, -phrase.length).trim();
  }
  return said;
}

/** A regular expression that finds, in a cell in small letters, every word for a total. */
export const totalPattern = phrasesOfTotals.join('|');

/** The language that most names of a header speak; undefined where none does, or all at once. */
export function languageOf(names: readonly string[]): Language | undefined {
  const votes = new Map<Language, number>();
  for (const name of names) {
    const whole = plainName(name);
    const speaking = languages.filter((language) =>
      [...meanings.flatMap((meaning) => spoken[meaning][language]), ...outcomes[language]].some(
        (phrase) => holds(whole, phrase) && (phrase.length > 3 || UNSPACED.test(phrase)),
      ),
    );
    for (const language of speaking) {
      votes.set(language, (votes.get(language) ?? 0) + 1 / speaking.length);
    }
  }
  const [first, second] = [...votes].sort((a, b) => b[1] - a[1]);
  if (first === undefined || first[1] === second?.[1]) return undefined;
  return first[0];
}

/** Languages whose exports write a decimal comma. */
export function writesComma(language: Language): boolean {
  return !['en', 'ja', 'ko', 'zh'].includes(language);
}
