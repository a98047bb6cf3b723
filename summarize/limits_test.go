package summarize_test

import (
	"strings"
	"testing"

	"attache/summarize"
)

// TestLimits: in each language, the statement that limits the lead stands among the first two bullets and is marked. The
// texts are invented.
func TestLimits(t *testing.T) {
	for _, c := range []struct{ lang, text, limit string }{
		{"en", `Envoys of Norland and Estrova met in Port Alder on Tuesday for talks on the border crossing at Vell.
The meeting was held at the old customs house and lasted for three hours. The town was closed to traffic for most of the day.
The mayor greeted the envoys at the railway station. Shops near the harbour did good business with reporters from both countries.
Opening the border crossing at Vell is not on the agenda of the talks, both delegations said.
The envoys are to dine together in the evening. Port Alder last saw such guests nine years ago.`, "not on the agenda"},
		{"en", `The government of Estrova has agreed to buy twelve patrol boats from Norland, the broadcaster ENB reported on Monday.
The boats would be built in the yard of Hask within four years. Some nine hundred people work in the yard of Hask today.
The yard built ferries for most of its history. The town council welcomed the news.
Estrova's defence ministry denied that it had agreed to buy patrol boats from Norland.
The fishing season in the region opens next week, and weather services expect calm seas.`, "denied"},
		{"de", `Die Außenminister von Nordland und Estrowa haben am Dienstag in Altenhafen über die Öffnung der Grenze beraten.
Das Treffen fand im alten Zollhaus statt und dauerte drei Stunden. Die Innenstadt war für den Verkehr gesperrt.
Der Bürgermeister begrüßte die Gäste am Bahnhof. Am Abend ist ein gemeinsames Essen vorgesehen.
Eine Einigung über die Öffnung der Grenze gibt es nach Angaben beider Außenminister bislang nicht.
In Altenhafen waren zuletzt vor neun Jahren Minister aus beiden Ländern zu Gast.`, "bislang nicht"},
		{"fr", `Les ministres des affaires étrangères de Norlande et d'Estrovie se sont réunis mardi à Port-Aulne pour discuter de l'ouverture de la frontière.
La rencontre a eu lieu dans l'ancienne douane et a duré trois heures. Le centre de la ville était fermé à la circulation.
Le maire a accueilli les invités à la gare. Un dîner commun est prévu dans la soirée.
Aucun accord sur l'ouverture de la frontière n'a été conclu, ont indiqué les ministres des deux pays.
Les commerces du port ont travaillé toute la journée.`, "Aucun accord"},
		{"es", `Los ministros de Exteriores de Norlandia y Estrovia se reunieron el martes en Puerto Aliso para hablar de la apertura de la frontera.
El encuentro se celebró en la antigua aduana y duró tres horas. El centro de la ciudad permaneció cerrado al tráfico.
El alcalde recibió a los invitados en la estación. Por la noche está prevista una cena conjunta.
La apertura de la frontera todavía no tiene fecha, según los ministros de Exteriores de los dos países.
Los comercios del puerto trabajaron durante toda la jornada.`, "todavía no"},
		{"it", `I ministri degli Esteri di Norlandia ed Estrovia si sono incontrati martedì a Porto Ontano per discutere dell'apertura della frontiera.
L'incontro si è tenuto nella vecchia dogana ed è durato tre ore. Il centro della città era chiuso al traffico.
Il sindaco ha accolto gli ospiti alla stazione. In serata è prevista una cena comune.
Nessun accordo è stato raggiunto sull'apertura della frontiera, secondo i ministri degli Esteri dei due Paesi.
I negozi del porto hanno lavorato per tutta la giornata.`, "Nessun accordo"},
		{"pt", `Os ministros dos Negócios Estrangeiros da Norlândia e da Estróvia reuniram-se na terça-feira em Porto Amieiro para discutir a abertura da fronteira.
O encontro decorreu na antiga alfândega e durou três horas. O centro da cidade esteve fechado ao trânsito.
O presidente da câmara recebeu os convidados na estação. À noite está previsto um jantar conjunto.
A abertura da fronteira ainda não foi decidida, segundo os ministros dos Negócios Estrangeiros dos dois países.
As lojas do porto trabalharam durante todo o dia.`, "ainda não"},
		{"ru", `Министры иностранных дел Норландии и Эстровии встретились во вторник в Альдергавани, чтобы обсудить открытие границы.
Встреча прошла в старой таможне и продолжалась три часа. Центр города был закрыт для машин.
Мэр встретил гостей на вокзале. Вечером запланирован совместный ужин.
Соглашение об открытии границы пока не подписано, сообщили министры иностранных дел двух стран.
Магазины в порту работали весь день.`, "пока не"},
		{"uk", `Міністри закордонних справ Норландії та Естровії зустрілися у вівторок в Альдергавані, щоб обговорити відкриття кордону.
Зустріч відбулася у старій митниці та тривала три години. Центр міста був закритий для машин.
Мер зустрів гостей на вокзалі. Увечері запланована спільна вечеря.
Угоду про відкриття кордону досі не підписано, повідомили міністри закордонних справ двох країн.
Крамниці в порту працювали весь день.`, "досі не"},
		{"tr", `Norland ve Estrova dışişleri bakanları sınır kapısının açılmasını görüşmek üzere salı günü Kızılağaç Limanı'nda bir araya geldi.
Toplantı eski gümrük binasında yapıldı ve üç saat sürdü. Kent merkezi trafiğe kapatıldı.
Belediye başkanı konukları istasyonda karşıladı. Akşam ortak bir yemek düzenlenecek.
Sınır kapısının açılması konusunda henüz bir anlaşmaya varılamadı ve iki ülkenin dışişleri bakanları bu iddiayı reddetti.
Limandaki dükkânlar bütün gün açık kaldı.`, "varılamadı"},
		{"ar", `اجتمع وزيرا خارجية نورلاند وإستروفا يوم الثلاثاء في ميناء ألدر لبحث فتح المعبر الحدودي بين البلدين.
وعقد اللقاء في مبنى الجمارك القديم واستمر ثلاث ساعات كاملة. وأغلق وسط المدينة أمام حركة السيارات.
استقبل رئيس البلدية الضيوف في محطة القطار صباح اليوم. ومن المقرر إقامة عشاء مشترك في المساء.
ونفى وزيرا خارجية نورلاند وإستروفا التوصل إلى اتفاق على فتح المعبر الحدودي بين البلدين.
عملت المتاجر في الميناء طوال النهار من دون توقف.`, "ونفى"},
		{"zh", `诺兰和埃斯特罗两国外长星期二在奥尔德港举行会谈，讨论开放两国边境口岸的问题。
会谈在旧海关大楼举行，前后持续了三个小时左右。市中心当天全天禁止车辆通行。
市长一早在火车站迎接了来宾。晚上将举行欢迎晚宴，双方代表团都将出席。
两国外长表示，双方尚未就开放边境口岸达成协议。
港口的商店当天全天照常营业，生意很好。`, "尚未"},
		{"ja", `ノルランドとエストロバの外相は火曜日、アルダー港で会談し、国境検問所の開放について協議した。
会談は古い税関の建物で行われ、およそ三時間続いた。市の中心部では車の通行が終日規制された。
市長は朝、駅で来賓を出迎えた。夜には両国の代表団が出席する夕食会が開かれる。
両国の外相によると、国境検問所の開放について合意に至らなかった。
港の商店は一日中営業を続け、多くの客でにぎわった。`, "合意に至らなかった"},
	} {
		t.Run(c.lang, func(t *testing.T) {
			b := brief(t, summarize.Request{Docs: []summarize.Document{document(1, "", c.text, c.lang, "")}, Lang: c.lang, Bullets: 3})
			if len(b.Bullets) < 2 || !b.Bullets[1].Limits || !strings.Contains(b.Bullets[1].Text, c.limit) {
				t.Errorf("%q is not the second bullet:\n%s", c.limit, show(b))
			}
			if len(b.Bullets) > 0 && (b.Bullets[0].Limits || strings.Contains(b.Bullets[0].Text, c.limit)) {
				t.Errorf("the lead is the limit:\n%s", show(b))
			}
		})
	}
}

// TestNoLimit: a negation that has nothing to do with the lead limits nothing.
func TestNoLimit(t *testing.T) {
	const body = `Envoys of Norland and Estrova met in Port Alder on Tuesday for talks on the border crossing at Vell.
The envoys discussed customs rules for the border crossing and the pay of border guards.
The harbour café did not open because its owner had denied her cook a holiday.
The envoys of Norland and Estrova are to meet again in Vell in the spring.`
	b := brief(t, summarize.Request{Docs: []summarize.Document{document(1, "", body, "en", "")}})
	for _, x := range b.Bullets {
		if x.Limits {
			t.Errorf("marked as limiting: %s", x.Text)
		}
	}
}
