// node_modules/preact/dist/preact.mjs
var e, t, n, r, i, a, o, s, c, l, u = Symbol.for("pv"), d = {}, f = [], p = /^m(i|n|o|s|text|space)$/, m = Array.isArray, h = f.slice, g = Object.assign;
function _(e) {
	e && e.parentNode && e.remove();
}
function v(n, r, i, a, o) {
	var s = {
		type: n,
		props: r,
		key: i,
		ref: a,
		__k: null,
		__: null,
		__b: 0,
		__e: null,
		__c: null,
		constructor: u,
		__v: o || ++t,
		__i: -1,
		__u: 0
	};
	return !o && e.vnode && e.vnode(s), s;
}
function y(e) {
	return e.children;
}
function b(e, t) {
	this.props = e, this.context = t, this.__g = 0;
}
function x(e, t) {
	if (t == null) return e.__ && x(e.__, e.__i + 1);
	for (var n; t < e.__k.length; t++) if ((n = e.__k[t]) && n.__e) return n.__e;
	return typeof e.type != "function" || e.props.__P ? null : x(e);
}
function S(t) {
	var n, r = t.__v, i = r.__e, a = [], o = [], s = t.__P;
	s && ((n = g({ constructor: u }, r)).__v = r.__v + 1, e.vnode && e.vnode(n), M(s, n, r, t.__n, s.namespaceURI, 32 & r.__u ? [i] : null, a, i || x(r), 32 & r.__u, o), n.__v = r.__v, n.__.__k[n.__i] = n, P(a, n, o), r.__ = r.__e = null, n.__e != i && C(n));
}
function C(e) {
	if ((e = e.__) && e.__c && !e.props.__P) return e.__e = null, e.__k.some(function(t) {
		return t && (e.__e = t.__e);
	}), C(e);
}
function w(t) {
	(8 & t.__g || (t.__g |= 8, n.push(t), i++)) && r == e.debounceRendering || ((r = e.debounceRendering) || queueMicrotask)(T);
}
function T() {
	try {
		for (var e, t = 1; n.length;) n.length > t && n.sort(a), e = n.shift(), t = n.length, 8 & e.__g && S(e);
	} finally {
		(i = n.length) && (r || queueMicrotask)(T);
	}
}
function E(e, t, n, r, i, a, o, s, c, l, u) {
	var p, m, h, g, _, v, y = r.__k || f, b = t.length;
	for (c = D(n, t, y, c, b), p = 0; p < b; p++) (h = n.__k[p]) != null && (m = ~h.__i && y[h.__i] || d, h.__i = p, v = M(e, h, m, i, a, o, s, c, l, u), g = h.__e, (m.ref != h.ref || 8 & m.__u) && (m.ref && F(m.ref, null, h, m), h.ref && u.push(h.ref, h.__c || g, h)), _ ||= g, 4 & h.__u ? (c = O(h, c, e, !m.__v), m.__e && (m.__e = null)) : typeof h.type == "function" && v !== void 0 ? c = v : g && (c = g.nextSibling), h.__u &= -21);
	return n.__e = _, c;
}
function D(e, t, n, r, i) {
	var a, o, s, c, l, d, f, p, h, g = n.length, _ = g, b = 0, S = 0, C = e.__k = Array(i);
	for (a = 0; a < i; a++) (o = t[a]) != null && typeof o != "boolean" && typeof o != "function" ? (typeof o != "object" || o.constructor === String ? o = C[a] = v(null, o) : m(o) ? o = C[a] = v(y, { children: o }) : o.constructor === u && o.__b ? o = C[a] = v(o.type, o.props, o.key, o.ref, o.__v) : C[a] = o, c = a + b, o.__ = e, o.__b = e.__b + 1, s = null, ~(l = o.__i = k(o, n, c, _)) && (_--, (s = n[l]) && (s.__u |= 2)), s && s.__v ? (o.__u |= 16, l == c - 1 ? b-- : l == c + 1 ? b++ : l != c && (l > c ? b-- : b++, S = 1)) : (~l || (i > g ? b-- : i < g && b++), typeof o.type != "function" && (o.__u |= 4))) : C[a] = null;
	if (S) {
		for (d = [], f = [], a = 0; a < i; a++) if ((o = C[a]) && 16 & o.__u) {
			for (b = 0, p = d.length; b < p;) d[h = b + p >> 1] < o.__i ? b = h + 1 : p = h;
			d[b] = o.__i, f[a] = b + 1;
		}
		for (b = d.length; a--;) f[a] && (f[a] == b ? b-- : C[a].__u |= 4);
	}
	if (_) for (a = 0; a < g; a++) !(s = n[a]) || 2 & s.__u || (s.__e == r && (r = x(s)), I(s, s));
	return r;
}
function O(e, t, n, r) {
	var i, a, o, s;
	if (typeof e.type == "function") {
		if (e.props.__P) return t;
		if (i = e.__k) for (a = 0; a < i.length; a++) i[a] && (i[a].__ = e, t = O(i[a], t, n, !1));
		return t;
	}
	for (t && !t.parentNode && (t = x(e)) && !t.parentNode && (t = null), o = e.__e, s = t; s && s.nodeType == 8;) s = s.nextSibling;
	for (o != s && (!r && n.moveBefore && o.parentNode ? n.moveBefore(o, t) : n.insertBefore(o, t || null)), t = o; (t &&= t.nextSibling) && t.nodeType == 8 && !t.data.startsWith("$s"););
	return t;
}
function k(e, t, n, r) {
	var i, a = e.key, o = e.type, s = t[n], c = s && !(2 & s.__u);
	if (s === null && a == null || c && a == s.key && o == s.type) return n;
	if (r > +!!c) {
		for (i = n - 1; i >= 0; i--) if ((s = t[i]) && !(2 & s.__u) && a == s.key && o == s.type) return i;
		for (i = n + 1; i < t.length; i++) if ((s = t[i]) && !(2 & s.__u) && a == s.key && o == s.type) return i;
	}
	return -1;
}
function A(e, t, n) {
	n ??= "", t[0] == "-" ? e.setProperty(t, n) : e[t] = n;
}
function j(e, t, n, r, i) {
	var a, o;
	if (t == "style") {
		if (typeof n == "string") e.style.cssText = n;
		else {
			if (typeof r == "string" && (e.style.cssText = r = ""), r) for (t in r) n && t in n || A(e.style, t);
			if (n) for (t in n) r && n[t] == r[t] || A(e.style, t, n[t]);
		}
	} else if (t[0] == "o" && t[1] == "n") typeof n != "function" && (n = null), typeof r != "function" && (r = null), (e.__e ||= {})[t] = n, n && r || (o = l[t] || (l[t] = ee(t)), (e.__a ||= {})[t] = c, a = t != (t = t.replace(s, "$1")), (t = t.slice(2))[0] < "a" && (t = t.toLowerCase()), n ? e.addEventListener(t, o, a) : e.removeEventListener(t, o, a));
	else {
		if (i == "http://www.w3.org/2000/svg") t = t.replace(/xlink(H|:h)/, "h").replace(/sName$/, "s");
		else if (t != "width" && t != "height" && t != "href" && t != "list" && t != "form" && t != "tabIndex" && t != "download" && t != "rowSpan" && t != "colSpan" && t != "role" && t != "popover" && t in e) try {
			e[t] = n ?? "";
			return;
		} catch {}
		if (typeof n == "function") return;
		n == null || !1 === n && t[4] != "-" ? e.removeAttribute(t) : e.setAttribute(t, t == "popover" && n == 1 ? "" : n);
	}
}
function ee(t) {
	return function(n) {
		var r = this.__e;
		if (r) {
			if (r = r[t], n[o] == null) n[o] = c++;
			else if (n[o] < this.__a[t]) return;
			return r(e.event ? e.event(n) : n);
		}
	};
}
function M(t, n, r, i, a, o, s, c, l, d) {
	var p, h, v, S, C, w, T, D, O, k, A, j, ee, M, P, F, L, R, z = n.type;
	if (n.constructor !== u) return null;
	128 & r.__u && (l = 32 & r.__u, p = r.__c.__z) && (n.__u |= l, h = o = [], p.nodeType == 8 ? c = N(p, o) : o.push(p), c = o[0] || c), (p = e.__b) && p(n);
	n: if (typeof z == "function") {
		v = s.length;
		try {
			if (D = n.props, O = (p = z.prototype) && p.render, k = (p = z.contextType) && i[p.__c], A = p ? k ? k.props.value : p.__ : i, (S = r.__c) ? (n.__c = S, 2 & S.__g && (S.__g |= 1)) : (O ? n.__c = S = new z(D, A) : (n.__c = S = new b(D, A), S.constructor = z, S.render = re), k && k.sub(S), S.state || (S.state = {}), S.__n = i, S.__g |= 8, S.__h = [], S.__k = []), O && (S.__s || (S.__s = S.state), z.getDerivedStateFromProps && (S.__s == S.state && (S.__s = g({}, S.__s)), g(S.__s, z.getDerivedStateFromProps(D, S.__s)))), C = S.props, w = S.state, S.__v = n, r.__c) {
				if (D !== C && O && !z.getDerivedStateFromProps && S.componentWillReceiveProps && S.componentWillReceiveProps(D, A), n.__v == r.__v && !(8 & S.__g) || !(4 & S.__g) && S.shouldComponentUpdate && !1 === S.shouldComponentUpdate(D, S.__s, A)) {
					n.__v != r.__v && (S.props = D, S.state = S.__s, S.__g &= -9), n.__e = r.__e, n.__k = r.__k, n.__k.some(function(e) {
						e && (e.__ = n);
					}), f.push.apply(S.__h, S.__k), S.__k = [], S.__h.length && s.push(S), c = x(r);
					break n;
				}
				S.componentWillUpdate && S.componentWillUpdate(D, S.__s, A), O && S.componentDidUpdate && S.__h.push(function() {
					S.componentDidUpdate(C, w, T);
				});
			} else O && !z.getDerivedStateFromProps && S.componentWillMount && S.componentWillMount(), O && S.componentDidMount && S.__h.push(S.componentDidMount);
			S.context = A, S.props = D, S.__P = t, S.__g &= -5, j = e.__r, ee = O ? 25 : 0;
			do
				S.__g &= -9, j && j(n), p = S.render(S.props, S.state = S.__s, S.context);
			while (8 & S.__g && ++ee < 25);
			O && (f.push.apply(S.__h, S.__k), S.__k = []), S.state = S.__s, S.getChildContext && (i = g({}, i, S.getChildContext())), O && r.__c && S.getSnapshotBeforeUpdate && (T = S.getSnapshotBeforeUpdate(C, w)), M = p && p.type === y && p.key == null ? p.props.children : p, D.__P && (p = c, a = (t = D.__P).namespaceURI, l = o = null, r.props && r.props.__P != t && (r.__k.some(function(e) {
				e && I(e, e);
			}), r.__k = null), c = r.__k ? x(r, 0) : null), c = E(t, m(M) ? M : [M], n, r, i, a, o, s, c, l, d), D.__P && (n.__e = null, c = p), n.__u &= -161, h && h.some(_), S.__h.length && s.push(S), 1 & S.__g && (S.__g &= -4);
		} catch (t) {
			if (s.length = v, n.__v = null, l || o) {
				if (t && t.then) {
					if (n.__u |= 128 | l, o) {
						for (~(L = o.indexOf(c || void 0)) || (L = o.length); (R = o[L - 1]) && R.nodeType == 8;) L--;
						for (; L < o.length; L++) if (R = o[L]) {
							if (o[L] = null, P) {
								if (R == F) break;
							} else {
								if (R.nodeType != 8) break;
								R.data.startsWith("$s") && (F = N(P = R));
							}
						}
					}
					if (!P) {
						for (; c && c.nodeType == 8 && c.nextSibling;) c = c.nextSibling;
						P = c;
					}
					(p = N(P = n.__c.__z || (n.__c.__z = P))) ? (n.__e = P, c = p) : n.__e = c, c &&= c.nextSibling;
				} else o && o.some(_);
			} else n.__e = r.__e;
			n.__k ||= r.__k || [], t && t.then || te(n), e.__e(t, n, r);
		}
	} else c = n.__e = ne(r.__e, n, r, i, a, o, s, l, d, t);
	return (p = e.diffed) && p(n), c;
}
function N(e, t) {
	if (e && e.nodeType == 8 && e.data.startsWith("$s")) for (var n = 1; e = e.nextSibling;) {
		if (e.nodeType == 8) {
			if (e.data.startsWith("$s")) n++;
			else if (e.data.startsWith("/$s") && !--n) return e;
		}
		t && t.push(e);
	}
}
function te(e) {
	e && (e.__c && (e.__c.__g |= 4), e.__k && e.__k.some(te));
}
function P(t, n, r) {
	for (var i = 0; i < r.length;) F(r[i++], r[i++], r[i++]);
	e.__c && e.__c(n, t), t.some(function(n) {
		try {
			t = n.__h, n.__h = [], t.some(function(e) {
				e.call(n);
			});
		} catch (t) {
			e.__e(t, n.__v);
		}
	});
}
function ne(t, n, r, i, a, o, s, c, l, u) {
	var f, g, v, y, b, S, C, w, T = r.props || d, D = n.props, O = n.type;
	if (O == "svg" ? a = "http://www.w3.org/2000/svg" : O == "math" ? a = "http://www.w3.org/1998/Math/MathML" : a ||= "http://www.w3.org/1999/xhtml", o) {
		for (f = 0; f < o.length; f++) if ((b = o[f]) && (O ? b.localName == O : b.nodeType == 3)) {
			t = b, o[f] = null;
			break;
		}
	}
	if (!t) {
		if (w = u.ownerDocument || document, !O) return w.createTextNode(D);
		t = w.createElementNS(a, O, D.is ? D : u), c &&= (e.__m && e.__m(n, o), !1), o = null;
	}
	if (O) {
		if (u = O == "template" && t.content || t, o = O == "textarea" && D.defaultValue != null ? null : o && h.call(u.childNodes), !c && o) for (T = {}, f = 0; f < t.attributes.length; f++) T[(b = t.attributes[f]).name] = b.value;
		for (f in T) b = T[f], f == "dangerouslySetInnerHTML" ? v = b : f == "children" || f in D || f == "value" && "defaultValue" in D || f == "checked" && "defaultChecked" in D || j(t, f, null, b, a);
		for (f in D) b = D[f], f == "children" ? y = b : f == "dangerouslySetInnerHTML" ? g = b : f == "value" ? S = b : f == "checked" ? C = b : c && typeof b != "function" || T[f] === b || j(t, f, b, T[f], a);
		g ? (c || v && (g.__html == v.__html || g.__html == t.innerHTML) || (t.innerHTML = g.__html), n.__k = []) : (v && (t.textContent = ""), (O == "foreignObject" || a == "http://www.w3.org/1998/Math/MathML" && p.test(O)) && (a = "http://www.w3.org/1999/xhtml"), E(u, m(y) ? y : [y], n, r, i, a, o, s, o ? o[0] : r.__k && x(r, 0), c, l), o && o.some(_)), c && O != "textarea" || (f = "value", O == "progress" && S == null ? t.removeAttribute(f) : S == null || S === t[f] && (O != "progress" || S) || j(t, f, S, T[f], a), f = "checked", C != null && C != t[f] && j(t, f, C, T[f], a));
	} else T === D || c && t.data == D || (t.data = D);
	return t;
}
function F(t, n, r, i) {
	try {
		typeof t == "function" ? n ? n.__x = t(n) || 1 : (i &&= i.__c || i.__e) && (n = i.__x) && (i.__x = null, typeof n == "function" ? n() : t(null)) : t.current = n;
	} catch (t) {
		e.__e(t, r);
	}
}
function I(t, n, r) {
	var i, a, o, s;
	if (e.unmount && e.unmount(t), !(i = t.ref) || i.current && i.current != t.__e || F(i, null, n, t), i = t.__c) {
		if (i.componentWillUnmount) try {
			i.componentWillUnmount();
		} catch (t) {
			e.__e(t, n);
		}
		i.__P = i.__n = null;
	}
	if (i = t.__k) for (s = 0; s < i.length; s++) i[s] && I(i[s], n, typeof t.type != "function" || r && !t.props.__P);
	!r && (i = t.__c) && (i = i.__z) && (a = N(i, o = [])) && (i == t.__e && o.some(_), _(a), _(i)), r || _(t.__e), t.__e = t.__c = t.__ = null;
}
function re(e, t, n) {
	return this.constructor(e, n);
}
function L(t, n) {
	var r, i, a, o;
	e.__ && e.__(t, n), n.nodeType == 9 && (n = n.documentElement), i = (r = t && 32 & t.__u) ? null : n.__k, n.__k = v(y, { children: [t] }), a = [], o = [], M(n, n.__k, i || d, d, n.namespaceURI, i ? null : n.firstChild ? h.call(n.childNodes) : null, a, i ? i.__e : n.firstChild, r, o), P(a, n.__k, o), n.__k.props.children = null;
}
e = { __e: function(e, t, n, r) {
	for (var a, o, s; t = t.__;) if ((a = t.__c) && !(1 & a.__g)) {
		a.__g |= 4;
		try {
			if ((s = (o = a.constructor) && o.getDerivedStateFromError) && a.setState(o.getDerivedStateFromError(e)), a.componentDidCatch && (a.componentDidCatch(e, r || {}), s = 1), s && 8 & a.__g) return void (a.__g |= 2);
		} catch (t) {
			e = t;
		}
	}
	throw i = 0, e;
} }, t = 0, b.prototype.setState = function(e, t) {
	var n = this.__s;
	n && n != this.state || (n = this.__s = g({}, this.state)), typeof e == "function" && (e = e(g({}, n), this.props)), e && (g(n, e), this.__v && (t && this.__k.push(t), w(this)));
}, b.prototype.forceUpdate = function(e) {
	this.__v && (this.__g |= 4, e && this.__h.push(e), w(this));
}, b.prototype.render = y, n = [], i = 0, a = function(e, t) {
	return e.__v.__b - t.__v.__b;
}, o = Symbol(), s = /(PointerCapture)$|Capture$/i, c = 0, l = {};
// src/core/container.ts
var R = [
	"before_heads",
	"after_heads",
	"before_neurons",
	"after_neurons"
];
function z(e) {
	let t = new DataView(e.buffer, e.byteOffset, e.byteLength), n = Number(t.getBigUint64(0, !0)), r = JSON.parse(new TextDecoder().decode(e.subarray(8, 8 + n))), i = r.__metadata__;
	if (i?.hardwire_version !== "4") throw Error("this page reads model files of format 4");
	let a = JSON.parse(i.hardwire);
	return {
		content: a,
		weights: ae(a, i.hardwire_variants ? JSON.parse(i.hardwire_variants) : null, new ie(r, e, 8 + n))
	};
}
var ie = class {
	header;
	bytes;
	start;
	constructor(e, t, n) {
		this.header = e, this.bytes = t, this.start = n;
	}
	array(e) {
		let t = this.header[e];
		if (!t) throw Error(`the model has no tensor ${e}`);
		let [n, r] = t.data_offsets, i = this.bytes.slice(this.start + n, this.start + r).buffer;
		return t.dtype === "F64" ? new Float64Array(i) : new Float32Array(i);
	}
	matrix(e) {
		let t = this.array(e), [n, r] = this.header[e].shape;
		return {
			data: t,
			rows: n,
			columns: r
		};
	}
	maybe(e, t) {
		return e in this.header ? t.call(this, e) : null;
	}
	norm(e, t) {
		if (!t) return null;
		let [n, r] = [this.array(`${e}.gain`), this.array(`${e}.bias`)];
		return {
			...t,
			gain: n,
			bias: r,
			project: this.maybe(`${e}.project`, this.matrix)
		};
	}
};
function ae(e, t, n) {
	let r = e.heads.map((e, r) => {
		let i = `layers.${r}`, a = t?.layers[r], o = e.map((e, t) => {
			let r = (e) => n.matrix(`${i}.heads.${t}.${e}`), o = a?.heads[t] ?? {
				kind: "softmax",
				sees: "all",
				slope: 0
			}, s = n.maybe(`${i}.heads.${t}.rotary`, n.array);
			return {
				name: e,
				...o,
				q: r("w_q"),
				k: r("w_k"),
				v: r("w_v"),
				o: r("w_o"),
				rotary: s
			};
		}), s = Object.fromEntries(R.map((e, t) => [e, n.norm(`${i}.${e}`, a?.norms[t] ?? null)]));
		return {
			heads: o,
			wIn: n.matrix(`${i}.w_in`),
			bIn: n.array(`${i}.b_in`),
			wOut: n.matrix(`${i}.w_out`),
			activation: a?.activation ?? "relu",
			wGate: n.maybe(`${i}.w_gate`, n.matrix),
			bGate: n.maybe(`${i}.b_gate`, n.array),
			norms: s
		};
	});
	return {
		embed: n.matrix("embed"),
		positions: n.maybe("positions", n.matrix),
		layers: r,
		unembed: n.matrix("unembed"),
		finalNorm: n.norm("final_norm", t?.final_norm ?? null)
	};
}
// src/core/forward.ts
function oe(e, t, n) {
	let r = t.length + 1, i = e.embed.columns, a = se(e.embed.data)(r * i);
	[0, ...t].forEach((t, n) => {
		for (let r = 0; r < i; r++) {
			let o = e.positions ? e.positions.data[n * i + r] : 0;
			a[n * i + r] = e.embed.data[t * i + r] + o;
		}
	});
	let o = {
		size: r,
		width: i,
		stream: [a],
		attention: [],
		active: [],
		final: a,
		logits: a
	};
	for (let t of e.layers) a = le(a, t, r, n, o), a = me(a, t, r, o);
	return o.final = _e(a, e.finalNorm, r), o.logits = B(o.final, r, e.unembed), o;
}
function B(e, t, n) {
	let r = n.data instanceof Float32Array, i = se(n.data)(t * n.columns);
	for (let a = 0; a < t; a++) for (let t = 0; t < n.rows; t++) {
		let o = e[a * n.rows + t];
		if (o === 0) continue;
		let s = t * n.columns, c = a * n.columns;
		for (let e = 0; e < n.columns; e++) {
			let t = o * n.data[s + e];
			i[c + e] += r ? Math.fround(t) : t;
		}
	}
	return i;
}
function se(e) {
	return e instanceof Float32Array ? (e) => new Float32Array(e) : (e) => new Float64Array(e);
}
function ce(e, t) {
	let n = e.slice();
	for (let r = 0; r < e.length; r++) n[r] += t[r];
	return n;
}
function le(e, t, n, r, i) {
	let a = _e(e, t.norms.before_heads, n), o = [], s = e;
	for (let e of t.heads) {
		let t = ue(a, e, n, r);
		o.push(t);
		let i = {
			data: B(a, n, e.v),
			rows: n,
			columns: e.v.columns
		};
		s = ce(s, B(B(t, n, i), n, e.o));
	}
	return s = _e(s, t.norms.after_heads, n), i.attention.push(o), i.stream.push(s), s;
}
function ue(e, t, n, r) {
	let i = t.q.columns, a = pe(B(e, n, t.q), t, n), o = pe(B(e, n, t.k), t, n), s = se(o)(o.length);
	for (let e = 0; e < n; e++) for (let t = 0; t < i; t++) s[t * n + e] = o[e * i + t];
	let c = B(a, n, {
		data: s,
		rows: i,
		columns: n
	}), l = (e, n) => !(r && n > e) && (n === 0 || t.sees === "all" || (t.sees === "before" ? n < e : n > e));
	for (let e = 0; e < n; e++) {
		let r = c.subarray(e * n, (e + 1) * n);
		for (let i = 0; i < n; i++) t.slope && (r[i] -= V(r, t.slope * Math.abs(e - i))), l(e, i) || (r[i] = -Infinity);
		t.kind !== "softmax" && fe(r, t.kind), de(r);
	}
	return c;
}
function de(e) {
	let t = -Infinity;
	for (let n of e) n > t && (t = n);
	let n = e.subarray(0, 1).slice();
	n[0] = 0;
	for (let r = 0; r < e.length; r++) e[r] = Math.exp(V(e, e[r] - t)), n[0] += e[r];
	for (let t = 0; t < e.length; t++) e[t] /= n[0];
}
function fe(e, t) {
	let n = Math.max(...e), r = Array.from(e.keys()).filter((t) => e[t] === n), i = t === "average" ? r : t === "leftmost" ? r.slice(0, 1) : r.slice(-1);
	e.fill(-Infinity);
	for (let t of i) e[t] = 0;
}
function pe(e, t, n) {
	if (!t.rotary) return e;
	let r = t.q.columns, i = e.slice();
	for (let a = 0; a < n; a++) for (let n = 0; n < t.rotary.length; n++) {
		let o = a * r + 2 * n, [s, c] = [V(e, Math.cos(a * t.rotary[n])), V(e, Math.sin(a * t.rotary[n]))];
		i[o] = V(e, e[o] * s) - V(e, e[o + 1] * c), i[o + 1] = V(e, e[o] * c) + V(e, e[o + 1] * s);
	}
	return i;
}
function me(e, t, n, r) {
	let i = t.wIn.columns, a = _e(e, t.norms.before_neurons, n), o = B(a, n, t.wIn), s = t.wGate && B(a, n, t.wGate);
	for (let e = 0; e < o.length; e++) {
		let n = e % i;
		o[e] += t.bIn[n], t.activation === "relu" ? o[e] = Math.max(o[e], 0) : t.activation === "gelu" ? o[e] *= .5 * (1 + ge(o[e] * Math.SQRT1_2)) : o[e] = he(o[e]) * V(o, s[e] + t.bGate[n]);
	}
	r.active.push(o);
	let c = _e(i ? ce(e, B(o, n, t.wOut)) : e, t.norms.after_neurons, n);
	return r.stream.push(c), c;
}
function he(e) {
	let t = Math.exp(-Math.abs(e));
	return e * (e >= 0 ? 1 : t) / (1 + t);
}
function ge(e) {
	let t = Math.abs(e);
	if (t > 6) return Math.sign(e);
	if (t < 2.5) {
		let n = t, r = t;
		for (let e = 1; Math.abs(n) > 1e-17 * r; e++) n *= -t * t / e, r += n / (2 * e + 1);
		return Math.sign(e) * 2 * r / Math.sqrt(Math.PI);
	}
	let n = t;
	for (let e = 80; e > 0; e--) n = t + e / 2 / n;
	return Math.sign(e) * (1 - Math.exp(-t * t) / (n * Math.sqrt(Math.PI)));
}
function _e(e, t, n) {
	if (!t) return e;
	let r = t.project ? B(e, n, t.project) : e.slice(), i = r.length / n;
	for (let e = 0; e < n; e++) {
		let n = r.subarray(e * i, (e + 1) * i);
		if (t.kind === "layer") {
			let e = V(n, ve(n, (e) => e) / i);
			for (let t = 0; t < i; t++) n[t] -= e;
		}
		let a = V(n, ve(n, (e) => e * e) / i), o = V(n, Math.sqrt(V(n, a + V(n, t.eps))));
		for (let e = 0; e < i; e++) n[e] /= o, n[e] *= t.gain[e], n[e] += t.bias[e];
	}
	return r;
}
function ve(e, t) {
	let n = 0;
	for (let r of e) n += t(r);
	return n;
}
function V(e, t) {
	return e instanceof Float32Array ? Math.fround(t) : t;
}
// src/core/values.ts
function ye(e) {
	if (e === null) return { kind: "none" };
	if (typeof e == "boolean") return {
		kind: "bool",
		value: e
	};
	if (typeof e == "string") return {
		kind: "str",
		value: e
	};
	if (typeof e == "number") return {
		kind: "int",
		value: BigInt(e)
	};
	if (typeof e == "object") {
		let [[t, n]] = Object.entries(e);
		if (t === "int") return {
			kind: "int",
			value: be(n)
		};
		if (t === "float") return {
			kind: "float",
			value: xe(n)
		};
		if (t === "ratio") return {
			kind: "ratio",
			top: be(n[0]),
			bottom: be(n[1])
		};
		if (t === "tuple") return {
			kind: "tuple",
			items: n.map(ye)
		};
	}
	throw Error(`not a value: ${JSON.stringify(e)}`);
}
function be(e) {
	return e.startsWith("-") ? -BigInt(e.slice(1)) : BigInt(e);
}
function xe(e) {
	let t = /^(-?)0x([01])\.?([0-9a-f]*)p([+-]\d+)$/.exec(e);
	if (!t) return e === "inf" ? Infinity : e === "-inf" ? -Infinity : Number(e);
	let [, n, r, i, a] = t, o = Number(a) - 4 * i.length, s = Number(BigInt(`0x${r}${i}`)), c = Math.max(o, -1022);
	return (n ? -1 : 1) * s * 2 ** c * 2 ** (o - c);
}
function H(e) {
	switch (e.kind) {
		case "none": return "None";
		case "bool": return e.value ? "True" : "False";
		case "int": return e.value.toString();
		case "float": return Se(e.value);
		case "ratio": return `${e.top}/${e.bottom}`;
		case "str": return `'${e.value.replace(/\\/g, "\\\\").replace(/'/g, "\\'").replace(/\n/g, "\\n").replace(/\t/g, "\\t")}'`;
		case "tuple": return `(${e.items.map(H).join(", ")}${e.items.length === 1 ? "," : ""})`;
	}
}
function Se(e) {
	return e === Infinity ? "inf" : e === -Infinity ? "-inf" : Number.isInteger(e) && Math.abs(e) < 0x2386f26fc10000 ? `${Object.is(e, -0) ? "-0" : e}.0` : String(e);
}
function Ce(e) {
	switch (e.kind) {
		case "none": return "–";
		case "bool": return e.value ? "✓" : "·";
		case "float": return U(e.value);
		case "str": return e.value === "" ? "''" : e.value === " " ? "␣" : e.value;
		default: return H(e);
	}
}
function U(e, t = 1e-5) {
	if (e === 0 || Math.abs(e) < t) return "0";
	let n = Math.abs(e);
	return Number.isFinite(e) ? n >= 1e5 || n < .001 ? e.toExponential(1).replace("e+", "e").replace("-", "−") : String(n >= 100 ? Math.round(e) : Number(e.toPrecision(3))).replace("-", "−") : e > 0 ? "∞" : "−∞";
}
// src/core/model.ts
var we = class e {
	content;
	weights;
	vocab;
	outputs;
	readings;
	rows = /* @__PURE__ */ new Map();
	constructor(e, t) {
		this.content = e, this.weights = t, this.vocab = e.vocab.map(ye), this.outputs = e.outputs && e.outputs.map(ye), this.readings = e.circuit.readings.map(Te), this.vocab.forEach((e, t) => this.rows.set(H(e), t + 1));
	}
	static read(t) {
		let { content: n, weights: r } = z(t);
		return new e(n, r);
	}
	get textual() {
		return this.vocab.every((e) => e.kind === "str" && [...e.value].length === 1);
	}
	get depth() {
		return this.weights.layers.length;
	}
	get parameters() {
		let e = this.weights, t = [
			e.embed,
			e.unembed,
			...e.positions ? [e.positions] : []
		];
		for (let n of e.layers) {
			t.push(n.wIn, n.wOut, ...n.wGate ? [n.wGate] : []);
			for (let e of n.heads) t.push(e.q, e.k, e.v, e.o);
		}
		return t.reduce((e, t) => e + t.data.length, 0) + e.layers.reduce((e, t) => e + t.bIn.length, 0);
	}
	encode(e) {
		let { max_len: t } = this.content;
		if (t !== null && e.length > t) return {
			message: `This model takes at most ${t} tokens; these are ${e.length}.`,
			at: t
		};
		let n = e.map((e) => this.rows.get(H(e))), r = n.indexOf(void 0);
		return r >= 0 ? {
			message: `${H(e[r])} at position ${r} is not in the vocabulary: ${this.vocabulary}`,
			at: r
		} : n;
	}
	place(e) {
		let t = this.rows.get(H(e));
		return t === void 0 ? null : t - 1;
	}
	following(e) {
		let { causal: t, max_len: n } = this.content;
		return !t || !e.length || n !== null && e.length >= n ? null : this.place(this.run(e.map((e) => e + 1)).answers[e.length - 1]);
	}
	get vocabulary() {
		return (this.textual ? this.vocab.map(Ce).join("") : this.vocab.slice(0, 12).map(H).join(", ")) + (!this.textual && this.vocab.length > 12 ? ", …" : "");
	}
	parse(e) {
		return this.textual ? [...e].map((e) => ({
			kind: "str",
			value: e
		})) : (e.match(/"[^"]*"|'[^']*'|\([^)]*\)|[^\s,[\]]+/g) ?? []).map((e) => {
			let t = e.replace(/^(["'])(.*)\1$/, "$2");
			return this.vocab.find((t) => H(t) === e) ?? this.vocab.find((e) => Ce(e) === t) ?? {
				kind: "str",
				value: t
			};
		});
	}
	typed(e) {
		return this.textual ? e.map((e) => e.value).join("") : e.map(H).join(" ");
	}
	run(e) {
		let t = oe(this.weights, e, this.content.causal), n = this.weights.unembed.columns, r = e.map((e, r) => t.logits.subarray((r + 1) * n, (r + 2) * n)), i = r.map((e) => {
			let t = 0;
			for (let r = 1; r < n; r++) e[r] > e[t] && (t = r);
			return t;
		});
		return {
			tokens: e,
			pass: t,
			answers: r.map((e, t) => this.outputs ? this.outputs[i[t]] : this.content.whole ? {
				kind: "int",
				value: BigInt(Ee(e[0]))
			} : {
				kind: "float",
				value: e[0]
			}),
			winners: i
		};
	}
};
function Te(e) {
	let t = e.labels.map((e, t) => t).sort((t, n) => e.labels[t] - e.labels[n]), n = t.map((t) => e.labels[t]), r = e.values.map(ye), i = e.vector.flatMap((e, t) => e ? [t] : []);
	return {
		name: e.name,
		expression: e.expression,
		layer: e.layer,
		vector: e.vector,
		decode: (a, o) => {
			let s = e.vector.length, c = i.reduce((t, n) => t + a[o * s + n] * e.vector[n], 0);
			if (!n.length) return {
				value: {
					kind: "float",
					value: c
				},
				distance: 0,
				gap: Infinity
			};
			let [l, u] = [0, n.length - 1];
			for (; l < u;) {
				let e = l + u >> 1;
				(n[e] + n[e + 1]) / 2 < c ? l = e + 1 : u = e;
			}
			let d = Math.min(n[l] - (n[l - 1] ?? -Infinity), (n[l + 1] ?? Infinity) - n[l]);
			return {
				value: r[t[l]],
				distance: Math.abs(n[l] - c),
				gap: d
			};
		}
	};
}
function Ee(e) {
	let t = Math.floor(e), n = e - t;
	return n > .5 || n === .5 && t % 2 != 0 ? t + 1 : t;
}
// src/style.css?inline
var De = ":host{--page:#f7f8fa;--card:#fff;--ink:#1b1f24;--muted:#57606a;--line:#dde2e8;--soft:#eef1f4;--accent:#22457f;--on-accent:#fff;--plus:#2460a7;--minus:#a82d12;--wrong:#b4005a;--good:#00734f;--veil:#ffffff9e;--input:#e9ecf0;--input-line:#b9c0c8;--key:#ffdca8;--key-line:#b86e00;--key-name:#7d4a00;--query:#9fdcc0;--query-line:#00734f;--query-name:#005c3f;--value:#f4a598;--value-line:#a82d12;--value-name:#8c2410;--result:#c9dcf7;--result-line:#2460a7;--result-name:#1d4f8c;--comment:#6a737d;--string:#00664a;--keyword:#8a2b6b;--figure:#1d4f8c;--lightningcss-light:initial;--lightningcss-dark: ;color-scheme:light;display:block}:host([data-theme=dark]){--page:#0f1318;--card:#171c23;--ink:#e8edf2;--muted:#a3adb8;--line:#2e3640;--soft:#222933;--accent:#8cc0ff;--on-accent:#0d1117;--plus:#6aa9f7;--minus:#ff8f7a;--wrong:#ff8ac2;--good:#5fd3a5;--veil:#171c23a8;--input:#2f3640;--input-line:#59636f;--key:#7d5200;--key-line:#f0b95a;--key-name:#f0b95a;--query:#00523a;--query-line:#5fd3a5;--query-name:#5fd3a5;--value:#a23a2a;--value-line:#ff9f8c;--value-name:#ff9f8c;--result:#1d4a86;--result-line:#8cc0ff;--result-name:#8cc0ff;--comment:#8b949e;--string:#7fd8b4;--keyword:#f2a4d0;--figure:#8cc0ff;--lightningcss-light: ;--lightningcss-dark:initial;color-scheme:dark}*{box-sizing:border-box}.hx{--mono:\"DejaVu Sans Mono\", Menlo, Consolas, \"Liberation Mono\", monospace;color:var(--ink);background:var(--page);outline-offset:2px;border-radius:10px;padding:20px;font:17px/1.5 system-ui,-apple-system,Segoe UI,DejaVu Sans,sans-serif}.hx.whole{border-radius:0;min-height:100vh;padding:clamp(14px,3vw,44px) max(clamp(12px,4vw,56px),50vw - 1020px)}@media (min-width:2000px){.hx.whole{font-size:20px}}h1,h2,h3,h4,p{margin:0}header{justify-content:space-between;align-items:flex-start;gap:16px;display:flex}h1{font:700 clamp(26px, 4vw, 40px)/1.15 var(--mono);letter-spacing:-.02em}.about{color:var(--muted);max-width:60em;margin-top:4px;font-size:1.06em}.facts{flex-wrap:wrap;align-items:center;gap:6px 14px;margin:12px 0 0;font-size:.92em;display:flex}.muted,.hint{color:var(--muted)}.hint{font-size:.85em}.badge{border:1.5px solid;border-radius:99px;padding:2px 12px;font-weight:600}.badge.proved{color:var(--good)}.badge.proved:before{content:\"✓ \"}.badge.open{color:var(--muted)}.notice{color:var(--muted);max-width:70em;margin-top:12px}button{font:inherit;color:inherit;cursor:pointer}button:disabled{cursor:default;opacity:.35}:focus-visible{outline:3px solid var(--accent);outline-offset:2px}.quiet,.chips button{border:1px solid var(--line);background:0 0;border-radius:8px;padding:4px 12px;font-size:.86em}.quiet:hover,.chips button:hover:not(:disabled){border-color:var(--muted)}.input{margin:16px 0}.input label span{color:var(--muted);margin-bottom:4px;font-size:.86em;display:block}.input input{width:100%;font:500 clamp(22px, 2.6vw, 30px)/1.3 var(--mono);color:var(--ink);background:var(--card);border:1.5px solid var(--input-line);letter-spacing:.06em;border-radius:12px;padding:10px 16px}.input input:focus{border-color:var(--accent);box-shadow:0 0 0 3px color-mix(in srgb, var(--accent) 25%, transparent);outline:none}.input input[aria-invalid=true]{border-color:var(--wrong)}.input input[readonly]{background:var(--soft)}.chips{flex-wrap:wrap;align-items:center;gap:6px;margin-top:8px;display:flex}.chips button{font:15px/1 var(--mono);background:var(--card);min-width:36px;height:36px;padding:0 8px}.chips .wide{padding:0 12px;font-family:inherit}.problem{color:var(--wrong);flex-basis:100%;font-size:.92em}.problem:empty{display:none}.columns{grid-template-columns:minmax(0,1fr);align-items:start;gap:20px;display:grid}@container (width>=1120px){.columns:not(.stacked){grid-template-columns:minmax(0,1fr) minmax(360px,34%)}}.hx{container-type:inline-size}.board,.code,.proof{background:var(--card);border:1px solid var(--line);border-radius:16px}.board{min-width:0;padding:18px clamp(10px,2cqw,26px) 22px}.scroll{margin:-3px;padding:3px;overflow-x:auto}.line{width:max-content;margin:4px 0}.cells{align-items:center;display:flex}.run,.run>span:first-child{display:flex}.label,.queries{z-index:2;background:var(--card);position:sticky;left:0}.name{text-align:right;white-space:nowrap;text-overflow:ellipsis;vertical-align:middle;font:14px/1.35 var(--mono);display:inline-block;overflow:hidden}.name.two{white-space:normal}.name.two b{text-overflow:ellipsis;white-space:nowrap;font-weight:500;display:block;overflow:hidden}.name.two small,.above small{color:var(--muted);font:12.5px/1.3 system-ui,DejaVu Sans,sans-serif}.above{max-width:var(--seen);margin-top:8px;font-size:13px;position:sticky;left:0}.above .name{text-align:left;white-space:normal}.above b{font:500 14px/1.35 var(--mono);margin-right:8px}.name.key{color:var(--key-name)}.name.query{color:var(--query-name)}.name.value{color:var(--value-name)}.name.result{color:var(--result-name)}.name.input{color:var(--muted)}.top .name{font:600 15px/1.4 system-ui,DejaVu Sans,sans-serif}.fresh .name{font-weight:700}.cell{font-family:var(--mono);color:var(--ink);white-space:pre;background:0 0;border:0;flex:none;justify-content:center;align-items:center;margin:0;padding:0;line-height:1;display:inline-flex;position:relative}.cell:before{content:\"\";border-radius:var(--round);z-index:0;border:1px solid #0000;position:absolute;inset:1px}.cell>*{position:relative}.cell .long{text-overflow:ellipsis;max-width:100%;overflow:hidden}.cell.plain{background-clip:content-box;border-radius:6px;padding:1px}.fresh .cell.plain:before{border-color:var(--input-line)}.cell.zero,.zero{color:var(--muted);opacity:.75}.cell.input{background:linear-gradient(var(--input), var(--input)) content-box}.cell.key{background:linear-gradient(var(--key), var(--key)) content-box}.cell.query{background:linear-gradient(var(--query), var(--query)) content-box}.cell.value{background:linear-gradient(var(--value), var(--value)) content-box}.cell.result{background:linear-gradient(var(--result), var(--result)) content-box}.cell.input,.cell.key,.cell.query,.cell.value,.cell.result{border-radius:calc(var(--round) + 1px);padding:1px}.cell.key:before{border-color:var(--key-line)}.cell.query:before{border-color:var(--query-line)}.cell.value:before{border-color:var(--value-line)}.cell.result:before{border-color:var(--result-line)}.cell.input:before{border-color:var(--input-line)}.top .cell.result{font-weight:700}.top .cell{cursor:pointer}.cell.wrong:before{border:2px dashed var(--wrong)}.cell.lit:before{border:2.5px solid var(--accent);border-radius:calc(var(--round) + 1px);inset:0}.line .cell.lit:before{border-color:var(--accent)}.cell.query.lit:before{border-color:var(--query-line)}.line .cell.key.lit:before{border-color:var(--key-line)}.line .cell.value.lit:before{border-color:var(--value-line)}.line .cell.result.lit:before,.cell.result.lit:before{border-color:var(--result-line)}.focused .cell.key:not(.lit),.focused .cell.value:not(.lit),.focused .cell.query:not(.lit),.focused .out .cell:not(.lit){opacity:.42}.stepper{border-top:1px solid var(--line);margin:18px 0 14px;padding-top:14px}.track{align-items:flex-start;gap:10px;display:flex}.arrow{border:1.5px solid var(--line);background:var(--card);border-radius:50%;flex:none;width:40px;height:40px;padding:0 0 3px;font-size:24px;line-height:1}.arrow:hover:not(:disabled){border-color:var(--accent);color:var(--accent)}.slide{flex:1;min-width:0;padding:0 6px}.slide input{appearance:none;cursor:pointer;background:0 0;width:calc(100% + 24px);height:40px;margin:0 -12px;display:block}.slide input::-webkit-slider-runnable-track{background:linear-gradient(90deg, var(--accent) var(--share), var(--line) var(--share));border-radius:3px;height:6px}.slide input::-moz-range-track{background:linear-gradient(90deg, var(--accent) var(--share), var(--line) var(--share));border-radius:3px;height:6px}.slide input::-webkit-slider-thumb{appearance:none;background:var(--accent);border:4px solid var(--card);width:24px;height:24px;box-shadow:0 0 0 2px var(--accent);border-radius:50%;margin-top:-9px}.slide input::-moz-range-thumb{background:var(--accent);border:4px solid var(--card);width:18px;height:18px;box-shadow:0 0 0 2px var(--accent);border-radius:50%}.ticks{height:28px;margin-top:-4px;position:relative}.ticks button{color:var(--muted);white-space:nowrap;background:0 0;border:0;padding:2px 6px;font-size:.84em;position:absolute;transform:translate(-50%)}.ticks .now{color:var(--accent);font-weight:700}h2{flex-wrap:wrap;align-items:baseline;gap:2px 14px;margin-top:10px;font-size:1.35em;line-height:1.3;display:flex}h2 .made{-webkit-line-clamp:2;-webkit-box-orient:vertical;display:-webkit-box;overflow:hidden}.made{font:500 .72em/1.4 var(--mono);color:var(--muted);overflow-wrap:anywhere}h3{margin-bottom:6px;font-size:1em}.stage{width:max-content;min-width:100%}.head{padding:2px 0 6px}.stage>.part:first-child{border-top:0;margin-top:0;padding-top:0}.head+.head,.part{border-top:1px solid var(--line);margin-top:16px;padding-top:16px}.panel{grid-template:auto auto auto auto 1fr/max-content;display:grid}.panel>.says{z-index:3;grid-area:2/1/6/2;place-self:start}.panel>.keys{grid-area:1/1}.panel>.middle{grid-area:2/1}.panel>.values{grid-area:3/1}.panel>.sentence{grid-area:4/1}.middle{align-items:flex-start;display:flex}.says{overflow-wrap:anywhere;flex:none;margin-right:0;font-size:.84em;line-height:1.4}.says p,.says h4{white-space:normal}.says h4{font:700 1.12em/1.3 var(--mono)}.says .recipe{color:var(--muted)}.says .compares{font:12.5px/1.45 var(--mono);margin:4px 0}.compares .key{color:var(--key-name)}.compares .query{color:var(--query-name)}.says .formula,.formula{font:12.5px/1.4 var(--mono);color:var(--muted);margin:4px 0}.says .quiet{margin-top:8px;display:block}.says .hint{margin-top:6px}.queries{flex:none;display:flex}.strip{flex-direction:column;flex:none;display:flex}.strip button.cell{cursor:pointer}.out{flex-direction:row;align-items:flex-start}.out>div{flex-direction:column;display:flex}.upright{writing-mode:vertical-rl;font:13px/1.3 var(--mono);color:var(--result-name);white-space:nowrap;text-overflow:ellipsis;align-self:center;padding-left:2px;overflow:hidden;transform:rotate(180deg)}.matrix{touch-action:manipulation;cursor:pointer;flex:none;display:block}.matrix .ground{fill:var(--card);stroke:var(--line)}.matrix .grid{stroke:var(--line);fill:none}.matrix path.on{fill:var(--accent)}.matrix text{fill:var(--ink);text-anchor:middle;dominant-baseline:central;font-family:var(--mono);pointer-events:none}.matrix text.on{fill:var(--on-accent)}.matrix .veil{fill:var(--veil);pointer-events:none}.matrix .ring{fill:none;stroke:var(--query-line);stroke-width:2.5px;pointer-events:none}.sentence{text-wrap:balance;white-space:normal;min-height:1.6em;margin:10px 0 4px}.sentence,.stage>p,.part>p,.says{box-sizing:border-box;max-width:min(62em, var(--seen));position:sticky;left:0}.divider{color:var(--muted);margin:10px 0 2px;font-size:.84em}.lights{gap:3px;display:grid}.lights i{border:1.5px solid var(--muted);border-radius:50%}.lights i.on{background:var(--accent);border-color:var(--accent)}.cell.logit{color:var(--muted)}.cell.wins{color:var(--on-accent);background:linear-gradient(var(--accent), var(--accent)) content-box;border-radius:7px;padding:2px;font-weight:700}.fold{margin-top:8px}.maps{width:var(--seen);flex-wrap:wrap;gap:16px 28px;margin:14px 0;display:flex;position:sticky;left:0}.map{margin:0;overflow-x:auto}.map figcaption{margin-bottom:6px;font-size:.85em}.map text{fill:var(--ink);font:10.5px var(--mono);text-anchor:end}.map .plus{fill:var(--plus)}.map .minus{fill:var(--minus)}.map .none{fill:var(--soft)}.code{min-width:0;padding:16px 0}@container (width>=1120px){.columns:not(.stacked) .code{max-height:calc(100vh - 32px);position:sticky;top:16px;overflow:auto}}.code h3,.code .hint{padding:0 18px}.code ol{font:14px/1.65 var(--mono);margin:8px 0;padding:0;list-style:none}.code li{border-left:4px solid #0000;gap:12px;padding:0 14px 0 0;display:flex}.code li.on{background:color-mix(in srgb, var(--accent) 12%, transparent);border-left-color:var(--accent)}.code .number{text-align:right;width:2.6em;color:var(--muted);opacity:.8;flex:none}.code code{font:inherit;white-space:pre-wrap;overflow-wrap:break-word;min-width:0;padding-left:calc(var(--indent) + 3ch);text-indent:-3ch;flex:1}.tags{flex:none;gap:4px;height:22px;padding-top:2px;display:flex}.tags button{border:1px solid var(--line);background:var(--card);border-radius:6px;align-self:center;height:20px;padding:0 7px;font-size:12px;line-height:1.4}.tags button:hover{border-color:var(--accent)}.py-comment{color:var(--comment)}.py-string{color:var(--string)}.py-keyword{color:var(--keyword)}.py-number{color:var(--figure)}.says .source{font:12.5px/1.45 var(--mono);margin-top:4px}.says .source b{color:var(--muted);margin-right:1ch;font-weight:400}.proof{margin-top:20px;padding:14px 20px}.proof summary{cursor:pointer;font-weight:600}.proof summary .muted{margin-left:8px;font-weight:400}.proof p{max-width:62em;margin:10px 0}.proof table{border-collapse:collapse;font-size:.88em}.proof th,.proof td{text-align:left;border-bottom:1px solid var(--line);white-space:nowrap;padding:5px 18px 5px 0}.proof td.figure{font-family:var(--mono)}.proof .bar{min-width:90px}.proof td.bar span{background:var(--good);border-radius:4px;height:8px;display:block}.sr{clip-path:inset(50%);width:1px;height:1px;position:absolute;overflow:hidden}@media (max-width:680px){.hx{padding:12px 10px;font-size:16px}.board{border-radius:12px;padding:12px 8px 16px}.ticks button{padding:2px 3px;font-size:.78em}.track{gap:4px}.slide{padding:0 20px}.says{margin-bottom:8px}}@media (prefers-reduced-motion:no-preference){.cell,.cell:before,.veil{transition:opacity .12s}}", Oe, W, ke, Ae, je = Object.is, Me = 0, Ne = [], Pe = [], G = e, Fe = G.__b, Ie = G.__r, Le = G.diffed, Re = G.__c, ze = G.unmount, Be = G.__;
function Ve(e, t) {
	G.__h && G.__h(W, e, Me || t), Me = 0;
	var n = W.__H || (W.__H = {
		__: [],
		__h: []
	});
	return e >= n.__.length && n.__.push({}), n.__[e];
}
function K(e) {
	return Me = 1, He(et, e);
}
function He(e, t, n) {
	var r = Ve(Oe++, 2);
	if (r.t = e, !r.__c && (r.__ = [n ? n(t) : et(void 0, t), function(e) {
		var t = (r.__N || r.__)[0], n = r.t(t, e);
		je(t, n) || (r.__N = [n, r.__[1]], r.__c.setState({}));
	}], r.__c = W, !W.__f)) {
		W.__f = !0;
		var i = W.shouldComponentUpdate;
		W.shouldComponentUpdate = function(e, t, n) {
			var r = this.__H;
			if (!r) return !0;
			var a = !1, o = this.props != e;
			if (r.__.some(function(e) {
				e.__N && (a = !0, je(e.__[0], e.__N[0]) || (o = !0));
			}), i) {
				var s = i.call(this, e, t, n);
				return a ? s || o : s;
			}
			return !a || o;
		};
	}
	return r.__;
}
function Ue(e, t) {
	var n = Ve(Oe++, 3);
	!G.__s && $e(n.__H, t) && (n.__P = !0, n.__ = e, n.u = t, W.__H.__h.push(n));
}
function We(e) {
	return Me = 5, Ge(function() {
		return { current: e };
	}, []);
}
function Ge(e, t) {
	var n = Ve(Oe++, 7);
	return $e(n.__H, t) && (n.__ = e(), n.__H = t), n.__;
}
function Ke(e, t) {
	return Me = 8, Ge(function() {
		return e;
	}, t);
}
function qe() {
	var e;
	do {
		for (; e = Pe.shift();) try {
			Ze(e);
		} catch (t) {
			G.__e(t, { __: (e = e.__P) && e.__v });
		}
		for (; e = Ne.shift();) {
			var t = e.__H;
			if (e.__P && t) try {
				t.__h.some(Ze), t.__h.some(Qe), t.__h = [];
			} catch (n) {
				t.__h = [], G.__e(n, e.__v);
			}
		}
	} while (Pe.length);
}
G.__b = function(e) {
	W = null, Fe && Fe(e);
}, G.__ = function(e, t) {
	e && t.__k && t.__k.__m && (e.__m = t.__k.__m), Be && Be(e, t);
}, G.__r = function(e) {
	Ie && Ie(e), Oe = 0;
	var t = (W = e.__c).__H;
	t && (ke == W ? W.__h = [] : (t.__h.some(Ze), t.__h.some(Qe), Oe = 0), t.__h = [], t.__.some(function(e) {
		e.__N && (e.__ = e.__N), e.u = e.__N = void 0;
	})), ke = W;
}, G.diffed = function(e) {
	Le && Le(e);
	var t = e.__c;
	t && t.__H && (t.__H.__h.length && Xe(Ne.push(t)), t.__H.__.some(function(e) {
		e.u && (e.__H = e.u);
	})), ke = W = null;
}, G.__c = function(e, t) {
	t.some(function(e) {
		try {
			e.__h.some(Ze), e.__h = e.__h.filter(function(e) {
				return !e.__ || Qe(e);
			});
		} catch (t) {
			e.__h = [function() {
				throw t;
			}];
		}
	}), Re && Re(e, t);
}, G.unmount = function(e) {
	ze && ze(e);
	var t, n, r = e.__c;
	r && r.__H && (r.__H.__.some(function(r) {
		try {
			if (r.__P && r.__c) {
				if (n === void 0) {
					for (n = e.__; n && (!n.__c || !n.__c.__P);) n = n.__;
					n &&= n.__c;
				}
				r.__P = n, Xe(Pe.push(r));
			} else Ze(r);
		} catch (e) {
			t = e;
		}
	}), r.__H = void 0, t && G.__e(t, r.__v));
};
var Je = typeof requestAnimationFrame == "function";
function Ye(e) {
	var t, n = function() {
		clearTimeout(r), Je && cancelAnimationFrame(t), setTimeout(e);
	}, r = setTimeout(n, 35);
	Je && (t = requestAnimationFrame(n));
}
function Xe(e) {
	e != 1 && Ae == G.requestAnimationFrame || ((Ae = G.requestAnimationFrame) || Ye)(qe);
}
function Ze(e) {
	var t = W, n = e.__c;
	typeof n == "function" && (e.__c = void 0, n()), W = t;
}
function Qe(e) {
	var t = W;
	e.__c = e.__(), W = t;
}
function $e(e, t) {
	return !e || e.length != t.length || t.some(function(t, n) {
		return !je(t, e[n]);
	});
}
function et(e, t) {
	return typeof t == "function" ? t(e) : t;
}
// src/core/selection.ts
function tt(e, t) {
	switch (e[0]) {
		case "tokens": return t.token;
		case "indices": return {
			kind: "int",
			value: BigInt(t.index)
		};
		case "const": return ye(e[1]);
		case "reading": return t.reading(e[1]);
		case "op": {
			let [, n, ...r] = e;
			if (n === "where") {
				let e = tt(r[0], t);
				return e && tt(q(e) ? r[1] : r[2], t);
			}
			let i = r.map((e) => tt(e, t));
			return i.some((e) => e === null) ? null : rt(n, i);
		}
	}
}
function q(e) {
	return e.kind === "none" ? !1 : e.kind === "tuple" ? e.items.length > 0 : e.kind === "ratio" ? e.top !== 0n : !!e.value;
}
function nt(e) {
	return e.kind === "int" ? e.value : e.kind === "bool" ? BigInt(e.value) : null;
}
function rt(e, t) {
	let n = (e) => ({
		kind: "bool",
		value: e
	}), [r, i] = t, [a, o] = [nt(r), i ? nt(i) : 0n];
	if (e === "~") return n(!q(r));
	if (e === "&") return n(q(r) && q(i));
	if (e === "|") return n(q(r) || q(i));
	if (e === "==" || e === "!=") {
		let t = a !== null && o !== null ? a === o : r.kind === "str" && i.kind === "str" ? r.value === i.value : null, s = r.kind === "str" ? o !== null : i.kind === "str" && a !== null;
		return t === null && !s ? null : n((t ?? !1) === (e === "=="));
	}
	if (a === null || o === null) return null;
	let s = (e) => ({
		kind: "int",
		value: e
	});
	switch (e) {
		case "neg": return s(-a);
		case "+": return s(a + o);
		case "-": return s(a - o);
		case "*": return s(a * o);
		case "//": return o ? s(it(a, o)) : null;
		case "%": return o ? s(a - o * it(a, o)) : null;
		case "<": return n(a < o);
		case "<=": return n(a <= o);
		case ">": return n(a > o);
		case ">=": return n(a >= o);
	}
	return null;
}
function it(e, t) {
	let n = e / t;
	return n * t !== e && e < 0n != t < 0n ? n - 1n : n;
}
// src/core/views.ts
function at(e) {
	if (!e.includes("…")) return e;
	let t = 0;
	for (let n = e.length - 1; n > 0; n--) if (e[n] === ")") t++;
	else if (e[n] === "(") t--;
	else if (e[n] === "." && !t) return e.slice(n + 1);
	return e;
}
var ot = 1e3, st = .005, ct = 3, lt = 8, ut = 1e-5, dt = {
	text: "BOS",
	full: "the beginning of the sequence"
};
function ft(e, t) {
	return t.tokens.map((t) => J(e.vocab[t - 1]));
}
function J(e) {
	return {
		text: Ce(e),
		full: H(e)
	};
}
function Y(e, t) {
	let n = t ? Math.sign(e) * Math.min(1, Math.abs(e) / t) : 0;
	return {
		text: U(e),
		full: String(Number(e.toPrecision(7))),
		shade: n
	};
}
function pt(e, t, n, r) {
	let i = ft(e, t);
	return ["Embedding", ...e.weights.layers.map((e, t) => `Layer ${t + 1}`)].map((a, o) => ({
		title: a,
		heads: o ? vt(e, t, n, r, i, o) : [],
		neurons: o ? _t(e, t, n, o) : [],
		stream: ht(e, t, n, o),
		directions: gt(e, t, o)
	}));
}
function mt(e, t) {
	let n = /* @__PURE__ */ new Map();
	return e.readings.forEach((e, r) => n.set(e.expression, {
		...e,
		line: t.readings[r] ?? null,
		named: t.named[r] ?? !0
	})), [...n.values()].sort((e, t) => e.layer - t.layer);
}
function ht(e, t, n, r) {
	return mt(e, n).filter((e) => e.layer <= r).map((e) => ({
		name: e.name,
		full: e.expression,
		line: e.line,
		named: e.named,
		fresh: e.layer === r,
		cells: t.tokens.map((n, r) => J(e.decode(t.pass.stream[2 * e.layer], r + 1).value))
	}));
}
function gt(e, t, n) {
	let { width: r, size: i } = t.pass, a = t.pass.stream[2 * n], o = n ? t.pass.stream[2 * n - 2] : null, s = new Map(e.content.circuit.directions.map((e) => [e.index, e])), c = [];
	for (let e = 0; e < r; e++) {
		let t = Array.from({ length: i }, (t, n) => a[n * r + e]), n = (t) => o ? o[t * r + e] : 0;
		if (!t.some((e, t) => Math.abs(e - n(t)) > ut * (1 + Math.abs(n(t))))) continue;
		let l = Math.max(...t.map(Math.abs)), [u, ...d] = t.map((e) => Y(e, l)), f = s.get(e), p = f ? `direction ${e}: ${f.expression || f.name}, as ${f.code}` : `direction ${e}`;
		c.push({
			name: f?.name ?? `direction ${e}`,
			full: p,
			line: null,
			cells: d,
			bos: u
		});
	}
	return c;
}
function _t(e, t, n, r) {
	let i = e.weights.layers[r - 1].wIn.columns, a = t.pass.active[r - 1];
	return e.content.circuit.neurons.flatMap((e, o) => {
		if (e.layer !== r) return [];
		let s = e.stop - e.start, c = (t) => Array.from({ length: s }, (n, r) => a[(t + 1) * i + e.start + r] > 0), l = t.tokens.map((e, t) => c(t));
		return [{
			name: s === 1 ? `neuron ${e.start}` : `neurons ${e.start}–${e.stop - 1}`,
			recipe: e.recipe,
			expression: e.expression,
			line: n.neurons[o] ?? null,
			size: s,
			counts: l.map((e) => e.filter(Boolean).length),
			active: s <= lt ? l : []
		}];
	});
}
function vt(e, t, n, r, i, a) {
	let o = e.weights.layers[a - 1], s = new Map(e.content.circuit.heads.filter((e) => e.layer === a).map((e) => [e.head, e])), c = mt(e, n).filter((e) => e.layer === a), l = o.heads.map((e) => yt(e));
	return o.heads.map((u, d) => {
		let f = t.pass.size, p = s.get(d), m = xt(t, u, a), h = bt(u), g = h > ot ? h : 0, _ = t.pass.attention[a - 1][d], v = l[d].some((e) => Math.abs(St(_, m, f, t.pass.width, e, 0)) > .001) || !i.length ? 0 : 1, y = _.slice(v * f), b = y.map((e) => g && e < .005 ? Math.min(1, e * h) : e), x = (e) => !o.heads.some((t, n) => n !== d && l[n].some((t) => e.vector[t])), S = [
			p?.expression,
			u.name,
			...p?.writes ?? []
		], C = c.find((e) => (S.includes(e.name) || S.includes(e.expression)) && l[d].some((t) => e.vector[t]) && x(e)), w = r[a - 1]?.[d] ?? null, T = (n) => ({
			name: n.name,
			full: n.name,
			line: null,
			cells: t.tokens.map((r, i) => {
				let a = tt(n.tree, {
					token: e.vocab[r - 1],
					index: i,
					reading: (n) => e.readings[n].decode(t.pass.stream[2 * e.readings[n].layer], i + 1).value
				});
				return a ? J(a) : {
					text: "✗",
					full: "no value"
				};
			})
		}), E = (e) => ({
			name: e,
			full: "the tokens",
			line: null,
			cells: i
		}), D = w?.queries.map(T) ?? [E("query")], O = {
			name: u.name,
			recipe: p?.recipe ?? "",
			expression: p?.expression ?? "",
			line: n.heads[a - 1]?.[d] ?? null,
			reads: p?.reads ?? [],
			writes: p?.writes ?? [],
			says: w?.says ?? [],
			queries: D.map((e) => v ? e : {
				...e,
				cells: [dt, ...e.cells]
			}),
			keys: (w?.keys.map(T) ?? [E("key")]).map((e) => ({
				...e,
				bos: dt
			})),
			bos: !0,
			first: v - 1,
			weights: y,
			shown: b,
			amplified: g,
			head: u
		}, k = C ? Ct(t, C, m, g, l[d], v, a) : wt(e, t, _, m, g, l[d], v);
		return {
			...O,
			...k
		};
	});
}
function yt(e) {
	let t = Array.from({ length: e.o.columns }, (t, n) => {
		let r = 0;
		for (let t = 0; t < e.o.rows; t++) r = Math.max(r, Math.abs(e.o.data[t * e.o.columns + n]));
		return r;
	}), n = Math.max(1e-30, ...t);
	return t.map((e, t) => t).sort((e, n) => t[n] - t[e] || e - n).filter((e) => t[e] > 1e-6 * n);
}
function bt(e) {
	let t = 0;
	for (let n of B(e.v.data, e.v.rows, e.o)) t = Math.max(t, Math.abs(n));
	return t;
}
function xt(e, t, n) {
	let r = e.pass.stream[2 * n - 2];
	return B(B(r, e.pass.size, t.v), e.pass.size, t.o);
}
function St(e, t, n, r, i, a) {
	let o = 0;
	for (let s = 0; s < n; s++) o += e[a * n + s] * t[s * r + i];
	return o;
}
function Ct(e, t, n, r, i, a, o) {
	let { width: s, size: c } = e.pass, l = e.pass.stream[2 * o - 2], u = e.pass.stream[2 * o - 1], d = (e) => i.reduce((r, i) => r + n[e * s + i] * t.vector[i], 0), f = (e) => {
		let r = t.decode(l.map((t, r) => t + (r >= e * s ? n[r] : 0)), e);
		return r.distance < .25 * r.gap ? J(r.value) : Y(d(e), 0);
	}, p = (e) => Y(d(e) / (r || 1), 0), [m, ...h] = Array.from({ length: c }, (e, t) => r || !t ? p(t) : f(t)), g = Array.from({ length: c }, (e, n) => J(t.decode(u, n).value)).slice(a), _ = {
		name: t.name,
		full: t.expression,
		line: null
	};
	return {
		values: [{
			..._,
			cells: h,
			bos: m
		}],
		outputs: [{
			..._,
			cells: g
		}]
	};
}
function wt(e, t, n, r, i, a, o) {
	let { width: s, size: c } = t.pass, l = new Map(e.content.circuit.directions.map((e) => [e.index, e.name])), u = a.slice(0, ct).map((e) => {
		let t = {
			name: l.get(e) ?? `direction ${e}`,
			full: `direction ${e}`,
			line: null
		}, [a, ...u] = Array.from({ length: c }, (t, n) => r[n * s + e] / (i || 1)).map((e) => Y(e, 0)), d = Array.from({ length: c }, (t, i) => Y(St(n, r, c, s, e, i), 0));
		return {
			below: {
				...t,
				cells: u,
				bos: a
			},
			beside: {
				...t,
				cells: d.slice(o)
			}
		};
	});
	return {
		values: u.map((e) => e.below),
		outputs: u.map((e) => e.beside)
	};
}
var Tt = 8;
function Et(e, t) {
	let { outputs: n } = e;
	if (!n || !t.tokens.length) return null;
	let r = (e, r) => t.pass.logits[(e + 1) * n.length + r], i = new Set(t.winners.slice());
	if (n.length <= Tt) n.forEach((e, t) => i.add(t));
	else {
		let e = t.tokens.map((e, t) => n.map((e, t) => t).sort((e, n) => r(t, n) - r(t, e)).slice(0, Tt));
		for (let t = 1; t < Tt; t++) for (let n of e) i.size < Tt && i.add(n[t]);
	}
	let a = [...i].sort((e, t) => e - t);
	return {
		rows: a.map((e) => ({
			value: J(n[e]),
			cells: t.tokens.map((t, n) => Y(r(n, e), 0)),
			wins: t.winners.map((t) => t === e)
		})),
		more: n.length - a.length
	};
}
function Dt(e, t) {
	let n = e.weights.length / e.queries[0].cells.length;
	return Array.from({ length: n }, (r, i) => ({
		at: e.bos ? i - 1 : i,
		weight: e.weights[t * n + i],
		shade: e.shown[t * n + i]
	}));
}
function Ot(e, t, n) {
	let r = Dt(e, t).filter((e) => e.shade >= st).sort((e, t) => t.weight - e.weight), i = (e) => e < 0 ? "BOS" : `${e} (${n[e]?.text})`, a = t + e.first, o = a < 0 ? "BOS" : `Position ${i(a)}`, s = e.amplified ? r.filter((e) => e.at >= 0) : r, c = kt(s.map((e) => i(e.at))), l = s.length > 1 && s.every((e) => Math.abs(e.shade - s[0].shade) < .01), u = `looks at ${kt(s.map((e) => `${i(e.at)} by ${U(100 * e.weight)} %`))}`;
	s.length ? e.bos ? e.amplified ? u = `counts ${c}` : s.length === 1 ? u = `looks at ${c}` : l && (u = `looks equally at ${c}`) : u = `selects ${c}` : u = e.bos ? "looks at BOS alone" : "selects no position";
	let d = e.values[e.values.length - 1], f = s.length === 1 && d ? s[0].at < 0 ? d.bos : d.cells[s[0].at] : void 0, p = (t) => e.says.length && t >= 0 ? e.keys.map((e) => e.cells[t].text).join(", ") : "", m = e.says.length && a >= 0 ? `, query ${e.queries.map((e) => e.cells[t].text).join(", ")},` : "";
	s.length === 1 && p(s[0].at) && (u += `, key ${p(s[0].at)}`);
	let h = e.outputs.map((e) => `${at(e.name)} = ${e.cells[t]?.text}`).join(", ");
	return `${o}${m} ${u}${f ? `, takes ${f.text}` : ""}${h ? `: ${h}` : ""}`;
}
function kt(e) {
	return e.length > 6 ? `${e.length} positions` : e.length > 1 ? `${e.slice(0, -1).join(", ")} and ${e[e.length - 1]}` : e.join("");
}
// node_modules/preact/jsx-runtime/dist/jsxRuntime.mjs
var At = Symbol.for("pv"), jt = 0;
Array.isArray;
function X(t, n, r, i, a, o) {
	n ||= {};
	var s, c, l = n;
	if ("ref" in l && typeof t != "function") for (c in l = {}, n) c == "ref" ? s = n[c] : l[c] = n[c];
	var u = {
		type: t,
		props: l,
		key: r,
		ref: s,
		__k: null,
		__: null,
		__b: 0,
		__e: null,
		__c: null,
		constructor: At,
		__v: --jt,
		__i: -1,
		__u: 0
	};
	return (a || o) && (u.__source = a, u.__self = o), e.vnode && e.vnode(u), u;
}
// src/ui/code.tsx
function Mt(e) {
	let { code: t, tags: n, active: r, onTag: i } = e;
	return /* @__PURE__ */ X("aside", {
		class: "code",
		"aria-label": "The program",
		children: [
			/* @__PURE__ */ X("h3", { children: t.name }),
			/* @__PURE__ */ X("ol", { children: t.lines.map(([e, t]) => /* @__PURE__ */ X("li", {
				class: r.has(e) ? "on" : "",
				"aria-current": r.has(e) ? "step" : void 0,
				children: [
					/* @__PURE__ */ X("span", {
						class: "number",
						"aria-hidden": "true",
						children: e
					}),
					/* @__PURE__ */ X("code", {
						style: { "--indent": `${t.length - t.trimStart().length}ch` },
						children: Pt(t.trimStart())
					}),
					/* @__PURE__ */ X("span", {
						class: "tags",
						children: (n.get(e) ?? []).map((e) => /* @__PURE__ */ X("button", {
							type: "button",
							title: `layer ${e} serves this line`,
							onClick: () => i(e),
							children: e
						}, e))
					})
				]
			}, e)) }),
			/* @__PURE__ */ X("p", {
				class: "hint",
				children: "The numbers at the right are the layers that a line became."
			})
		]
	});
}
var Nt = /(#.*$)|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|\b(def|return|if|else|elif|for|in|and|or|not|is|lambda|import|from|as|None|True|False)\b|(\b\d[\d_.]*\b)/g;
function Pt(e) {
	let t = [], n = 0;
	for (let r of e.matchAll(Nt)) {
		r.index > n && t.push(...Ft(e.slice(n, r.index)));
		let i = r[1] ? "comment" : r[2] ? "string" : r[3] ? "keyword" : "number";
		t.push(/* @__PURE__ */ X("span", {
			class: `py-${i}`,
			children: r[0]
		}, r.index)), n = r.index + r[0].length;
	}
	return t.push(...Ft(e.slice(n) || (n ? "" : " "))), t;
}
function Ft(e) {
	return e.split(/(?<=\()|(?=\.[a-z_]+\()/).flatMap((e, t) => t ? [/* @__PURE__ */ X("wbr", {}, `b${t}`), e] : [e]);
}
// src/ui/focus.ts
function It(e, t) {
	let [n, r] = K(null);
	return Ge(() => ({
		at: n ? n.at : e,
		key: n?.key ?? null,
		head: n?.head ?? null,
		pinned: e,
		over: (e, t = null, n = null) => r((r) => r && r.at === e && r.key === t && r.head === n ? r : {
			at: e,
			key: t,
			head: n
		}),
		leave: () => r(null),
		pin: (n) => t(n === e ? null : n)
	}), [
		n,
		e,
		t
	]);
}
// src/ui/geometry.ts
var Lt = 22, Rt = 40, zt = 58;
function Bt(e, t, n) {
	let r = e < 560, i = r ? 0 : Math.round(Math.min(280, Math.max(150, e * .2))), a = r ? 3 : 6, o = t > Rt ? 14 : Lt, s = t + n.queries + +!!n.bos, c = e - i - (n.queries + 2) * a - n.outputs * (a + 20), l = Math.floor(Math.min(Math.max(zt, e * .06), Math.max(o, c / (s + n.outputs)))), u = Math.max(o, Math.min(Math.max(44, e * .04), l));
	return {
		narrow: r,
		names: i,
		queries: n.queries,
		cell: l,
		height: u,
		gap: a,
		bos: n.bos,
		n: t
	};
}
function Vt(e) {
	return e.names + e.queries * (e.cell + e.gap);
}
function Ht(e) {
	return Vt(e) + (e.bos ? e.cell + e.gap : 0);
}
function Ut(e, t) {
	return t < 0 ? 0 : (e.bos ? e.cell + e.gap : 0) + t * e.cell;
}
function Wt(e) {
	return Ut(e, e.n);
}
function Z(e, t) {
	let n = Math.max(1, [...e].length);
	return Math.max(8, Math.min(t.height * .46, 24, (t.cell - 4) / (.62 * n)));
}
// src/ui/input.tsx
var Gt = 16;
function Kt(e) {
	let { text: t, problem: n, model: r, fixed: i, next: a, onText: o } = e, s = We(null), c = r && r.vocab.length <= Gt ? r.vocab : [], l = (e) => {
		o(r?.textual || !t ? t + e : `${t} ${e}`), s.current?.focus({ preventScroll: !0 });
	}, u = r?.content.max_len;
	return /* @__PURE__ */ X("div", {
		class: "input",
		children: [/* @__PURE__ */ X("label", { children: [/* @__PURE__ */ X("span", { children: "Type an input" }), /* @__PURE__ */ X("input", {
			ref: s,
			type: "text",
			value: t,
			readOnly: i,
			spellcheck: !1,
			autocomplete: "off",
			autocapitalize: "off",
			"aria-invalid": n !== "",
			"aria-describedby": "hx-problem",
			onInput: (e) => o(e.target.value)
		})] }), /* @__PURE__ */ X("div", {
			class: "chips",
			children: [
				c.map((e) => /* @__PURE__ */ X("button", {
					type: "button",
					"aria-label": `add ${H(e)}`,
					onClick: () => l(r.textual ? e.value : H(e)),
					children: Ce(e)
				}, H(e))),
				r && /* @__PURE__ */ X("button", {
					type: "button",
					class: "wide",
					disabled: !t,
					onClick: () => o(""),
					children: "clear"
				}),
				r?.content.causal && /* @__PURE__ */ X(y, { children: [
					/* @__PURE__ */ X("button", {
						type: "button",
						class: "wide",
						disabled: !t,
						onClick: e.onBack,
						title: "Shift and the left arrow",
						children: "‹ take back"
					}),
					/* @__PURE__ */ X("button", {
						type: "button",
						class: "wide",
						disabled: a === null,
						onClick: () => e.onNext(!1),
						title: "Shift and the right arrow",
						children: [
							"next token",
							a === null ? "" : `: ${Ce(r.vocab[a])}`,
							" ›"
						]
					}),
					/* @__PURE__ */ X("button", {
						type: "button",
						class: "wide",
						disabled: a === null,
						onClick: () => e.onNext(!0),
						children: "write »"
					})
				] }),
				typeof u == "number" && /* @__PURE__ */ X("span", {
					class: "hint",
					children: [
						"at most ",
						u,
						" tokens"
					]
				}),
				i && /* @__PURE__ */ X("span", {
					class: "hint",
					children: "The program runs in Python; in a notebook, this input can be changed."
				}),
				/* @__PURE__ */ X("p", {
					id: "hx-problem",
					class: "problem",
					role: "alert",
					children: n
				})
			]
		})]
	});
}
// src/ui/rows.tsx
function qt(e) {
	let { cell: t, kind: n, g: r, at: i, lit: a } = e, o = n === "plain" && t.shade ? Math.round(10 + 45 * Math.abs(t.shade)) : 0, s = t.shade && t.shade < 0 ? "minus" : "plus", c = [...t.text].length > 3 && Z(t.text, r) < 9;
	return /* @__PURE__ */ X("span", {
		class: `cell ${n}${a ? " lit" : ""}${t.wrong ? " wrong" : ""}${t.text === "0" && n === "plain" ? " zero" : ""}`,
		style: {
			width: `${r.cell}px`,
			height: `${r.height}px`,
			fontSize: `${Z(t.text, r)}px`,
			...o ? { background: `color-mix(in srgb, var(--${s}) ${o}%, var(--card))` } : {}
		},
		title: t.full,
		"data-at": i,
		children: /* @__PURE__ */ X("span", {
			class: c ? "long" : "",
			children: t.text
		})
	});
}
function Q(e) {
	let { row: t, kind: n, lit: r } = e, i = e.small ? {
		...e.g,
		height: Math.max(Math.min(24, e.g.height), Math.round(e.g.height * .72))
	} : e.g, a = Ht(i) - (t.bos ? i.cell + i.gap : 0), o = i.narrow && typeof (e.label ?? t.name) == "string" && 8.6 * String(e.label ?? t.name).length < a, s = /* @__PURE__ */ X("span", {
		class: `name ${n}`,
		title: t.full,
		style: i.narrow && !o ? {} : { width: `${a - i.gap - 2}px` },
		children: e.label ?? t.name
	});
	return /* @__PURE__ */ X("div", {
		class: `line${t.fresh ? " fresh" : ""}`,
		role: "row",
		children: [i.narrow && !o && /* @__PURE__ */ X("div", {
			class: "above",
			children: s
		}), /* @__PURE__ */ X("div", {
			class: "cells",
			children: [(!i.narrow || o) && /* @__PURE__ */ X("span", {
				role: "rowheader",
				class: "label",
				children: s
			}), /* @__PURE__ */ X("span", {
				class: "run",
				style: { marginLeft: i.narrow && !o ? `${a}px` : `${i.gap + 2}px` },
				children: [t.bos && /* @__PURE__ */ X("span", {
					style: { marginRight: `${i.gap}px` },
					children: /* @__PURE__ */ X(qt, {
						cell: t.bos,
						kind: n,
						g: i,
						at: -1,
						lit: r?.(-1)
					})
				}), t.cells.map((e, t) => /* @__PURE__ */ X(qt, {
					cell: e,
					kind: n,
					g: i,
					at: t,
					lit: r?.(t)
				}, t))]
			})]
		})]
	});
}
// src/ui/weights.tsx
var Jt = 40, $ = 16, Yt = 176;
function Xt(e) {
	let { head: t, names: n } = e;
	return /* @__PURE__ */ X("div", {
		class: "maps",
		children: [
			/* @__PURE__ */ X(Zt, {
				title: "Q",
				about: "from the stream to queries",
				matrix: t.q,
				names: n
			}),
			/* @__PURE__ */ X(Zt, {
				title: "K",
				about: "from the stream to keys",
				matrix: t.k,
				names: n
			}),
			/* @__PURE__ */ X(Zt, {
				title: "V",
				about: "from the stream to values",
				matrix: t.v,
				names: n
			}),
			/* @__PURE__ */ X(Zt, {
				title: "O",
				about: "from values to the stream",
				matrix: $t(t.o),
				names: n
			})
		]
	});
}
function Zt(e) {
	let { title: t, about: n, matrix: r, names: i } = e, { data: a, rows: o, columns: s } = r, c = Array.from({ length: o }, (e, t) => t).filter((e) => a.subarray(e * s, (e + 1) * s).some((e) => e !== 0)), l = c.slice(0, Jt), u = Math.max(1e-30, ...a.map(Math.abs)), d = `${t}: ${n}, ${c.length} of ${o} directions, ${s} columns; the largest weight is ${U(u, 0)}`;
	return /* @__PURE__ */ X("figure", {
		class: "map",
		children: [
			/* @__PURE__ */ X("figcaption", { children: [
				/* @__PURE__ */ X("b", { children: t }),
				" ",
				n,
				" ",
				/* @__PURE__ */ X("span", {
					class: "hint",
					children: ["largest ", U(u, 0)]
				})
			] }),
			/* @__PURE__ */ X("svg", {
				width: Yt + s * $,
				height: Math.max(1, l.length) * $,
				role: "img",
				"aria-label": d,
				children: l.map((e, t) => /* @__PURE__ */ X("g", { children: [/* @__PURE__ */ X("text", {
					x: 170,
					y: t * $ + $ * .7,
					children: [Qt(i[e] ?? `direction ${e}`), /* @__PURE__ */ X("title", { children: i[e] })]
				}), Array.from({ length: s }, (n, r) => {
					let o = a[e * s + r], c = Math.abs(o) / u;
					return /* @__PURE__ */ X("rect", {
						class: o ? o > 0 ? "plus" : "minus" : "none",
						x: Yt + r * $,
						y: t * $,
						width: 15,
						height: 15,
						opacity: o ? .18 + .82 * c ** .4 : 1,
						children: /* @__PURE__ */ X("title", { children: `${i[e] ?? e}, column ${r}: ${Number(o.toPrecision(7))}` })
					}, r);
				})] }, e))
			}),
			c.length > l.length && /* @__PURE__ */ X("p", {
				class: "hint",
				children: [
					"and ",
					c.length - l.length,
					" more directions"
				]
			})
		]
	});
}
function Qt(e) {
	return e.length > 26 ? `${e.slice(0, 25)}…` : e;
}
function $t(e) {
	let t = e.data.slice();
	for (let n = 0; n < e.rows; n++) for (let r = 0; r < e.columns; r++) t[r * e.rows + n] = e.data[n * e.columns + r];
	return {
		data: t,
		rows: e.columns,
		columns: e.rows
	};
}
// src/ui/head.tsx
var en = 16, tn = 24;
function nn(e) {
	let { head: t, index: n, g: r, focus: i, tokens: a } = e, [o, s] = K(!1), c = t.queries[0].cells.length, l = i.at === null ? null : i.at - t.first, u = l !== null && l >= 0 && l < c ? l : null, d = u === null ? [] : Dt(t, u).filter((e) => e.shade >= st), f = new Set(d.map((e) => e.at)), p = i.key !== null && i.head === n && u !== null ? i.key : null, m = (e) => p === null ? f.has(e) : e === p, h = r.queries - t.queries.length, g = /* @__PURE__ */ X("div", {
		class: "says",
		style: r.narrow ? {} : {
			width: `${r.names - 12}px`,
			marginTop: `${r.gap}px`
		},
		children: [
			/* @__PURE__ */ X("h4", { children: at(t.name) }),
			t.recipe && /* @__PURE__ */ X("p", {
				class: "recipe",
				children: t.recipe
			}),
			t.says.length > 0 ? /* @__PURE__ */ X("p", {
				class: "compares",
				children: t.says.map(([e, t], n) => /* @__PURE__ */ X("span", {
					class: e,
					children: t
				}, n))
			}) : t.expression && t.expression !== t.name.replace(/#\d+$/, "") && /* @__PURE__ */ X("p", {
				class: "formula",
				children: t.expression
			}),
			t.line !== null && /* @__PURE__ */ X("p", {
				class: "source",
				children: [/* @__PURE__ */ X("b", { children: ["line ", t.line] }), r.narrow && e.source(t.line)]
			}),
			t.amplified > 0 && /* @__PURE__ */ X("p", {
				class: "hint",
				children: "Discs are tiny weights: this head multiplies what they bring."
			}),
			t.head && /* @__PURE__ */ X("button", {
				type: "button",
				class: "quiet",
				"aria-expanded": o,
				onClick: () => s(!o),
				children: o ? "Hide weights" : "Weights"
			})
		]
	});
	return /* @__PURE__ */ X("section", {
		class: `head${u === null ? "" : " focused"}`,
		"data-head": n,
		"aria-label": `Head ${t.name}`,
		children: [/* @__PURE__ */ X("div", {
			class: r.narrow ? "" : "panel",
			children: [
				r.narrow && g,
				/* @__PURE__ */ X("div", {
					class: "keys",
					children: t.keys.map((e) => /* @__PURE__ */ X(Q, {
						row: e,
						kind: "key",
						g: r,
						lit: m,
						label: t.keys.length > 1 ? void 0 : "key"
					}, e.name))
				}),
				!r.narrow && g,
				/* @__PURE__ */ X("div", {
					class: "middle",
					style: {
						marginTop: `${r.gap}px`,
						marginLeft: `${r.names + h * (r.cell + r.gap)}px`
					},
					children: [
						/* @__PURE__ */ X("div", {
							class: "queries",
							style: { left: `${r.names}px` },
							children: t.queries.map((e) => /* @__PURE__ */ X("div", {
								class: "strip",
								style: {
									width: `${r.cell}px`,
									marginRight: `${r.gap}px`
								},
								title: e.full,
								children: e.cells.map((e, o) => /* @__PURE__ */ X("button", {
									type: "button",
									class: `cell query${u === o ? " lit" : ""}`,
									style: {
										width: `${r.cell}px`,
										height: `${r.height}px`,
										fontSize: `${Z(e.text, r)}px`
									},
									tabIndex: o === (u ?? 0) ? 0 : -1,
									"aria-label": Ot(t, o, a),
									"aria-pressed": i.pinned === o + t.first,
									onFocus: () => i.over(o + t.first, null, n),
									onPointerEnter: () => i.over(o + t.first, null, n),
									onClick: () => i.pin(o + t.first),
									children: e.text
								}, o))
							}, e.name))
						}),
						/* @__PURE__ */ X(rn, {
							head: t,
							index: n,
							g: r,
							focus: i,
							shown: u
						}),
						t.outputs.map((e) => /* @__PURE__ */ X("div", {
							class: "strip out",
							style: { marginLeft: `${r.gap}px` },
							children: [/* @__PURE__ */ X("div", { children: e.cells.map((e, n) => /* @__PURE__ */ X(qt, {
								cell: e,
								kind: "result",
								g: r,
								at: n + t.first,
								lit: u === n
							}, n)) }), /* @__PURE__ */ X("span", {
								class: "upright",
								title: e.full,
								style: { maxHeight: `${c * r.height}px` },
								children: at(e.name)
							})]
						}, e.name))
					]
				}),
				/* @__PURE__ */ X("div", {
					class: "values",
					style: { marginTop: `${r.gap}px` },
					children: t.values.map((e) => /* @__PURE__ */ X(Q, {
						row: e,
						kind: "value",
						g: r,
						lit: m,
						label: t.values.length > 1 ? `value, ${at(e.name)}` : "value"
					}, e.name))
				}),
				/* @__PURE__ */ X("p", {
					class: "sentence",
					style: { paddingLeft: r.narrow ? 0 : `${Vt(r)}px` },
					children: u === null ? /* @__PURE__ */ X("span", {
						class: "hint",
						children: "Point at a row, or choose a token, to see what it looks at."
					}) : `${Ot(t, u, a)}.`
				})
			]
		}), o && t.head && /* @__PURE__ */ X(Xt, {
			head: t.head,
			names: e.directions
		})]
	});
}
function rn(e) {
	let { head: t, index: n, g: r, focus: i, shown: a } = e, o = t.queries[0].cells.length, s = o ? t.weights.length / o : 0, c = Wt(r), l = o * r.height, u = (e) => Ut(r, t.bos ? e - 1 : e), d = /* @__PURE__ */ new Map(), f = [];
	for (let e = 0; e < o; e++) for (let n = 0; n < s; n++) {
		let [i, a] = [t.weights[e * s + n], t.shown[e * s + n]];
		if (a < .005) continue;
		let o = i < st, c = Math.max(2, Math.round(a * en)), [l, p] = [u(n), e * r.height], m = o ? an(l + r.cell / 2, p + r.height / 2, Math.min(r.cell, r.height) * .28) : `M${l + 2} ${p + 2}h${r.cell - 4}v${r.height - 4}h${4 - r.cell}z`;
		d.set(`${c}`, (d.get(`${c}`) ?? "") + m), i >= .005 && i < .995 && s <= tn && f.push(/* @__PURE__ */ X("text", {
			x: l + r.cell / 2,
			y: p + r.height / 2,
			class: i > .5 ? "on" : "",
			children: String(Number(i.toPrecision(2))).replace(/^0\./, ".")
		}, `${e},${n}`));
	}
	let p = (e) => {
		let n = e.currentTarget.getBoundingClientRect(), [i, a] = [e.clientX - n.left, e.clientY - n.top], c = Math.min(o - 1, Math.max(0, Math.floor(a / r.height))), l = Array.from({ length: s }, (e, t) => t).find((e) => i >= u(e) && i < u(e) + r.cell);
		return {
			at: c + t.first,
			key: l === void 0 ? null : t.bos ? l - 1 : l
		};
	};
	return /* @__PURE__ */ X("svg", {
		class: "matrix",
		width: c,
		height: l,
		role: "img",
		"aria-label": `The attention of ${t.name}, ${o} queries by ${s} keys; the buttons at its left say what each query looks at`,
		onPointerMove: (e) => {
			let { at: t, key: r } = p(e);
			i.over(t, r, n);
		},
		onClick: (e) => i.pin(p(e).at),
		children: [
			t.bos && /* @__PURE__ */ X("rect", {
				class: "ground",
				x: "0.5",
				y: "0.5",
				width: r.cell - 1,
				height: l - 1,
				rx: "4"
			}),
			/* @__PURE__ */ X("rect", {
				class: "ground",
				x: u(+!!t.bos) + .5,
				y: "0.5",
				width: Math.max(0, r.n * r.cell - 1),
				height: l - 1,
				rx: "4"
			}),
			/* @__PURE__ */ X("path", {
				class: "grid",
				d: on(t, r, o)
			}),
			[...d].map(([e, t]) => /* @__PURE__ */ X("path", {
				class: "on",
				d: t,
				opacity: Number(e) / en
			}, e)),
			/* @__PURE__ */ X("g", {
				class: "numbers",
				"font-size": Math.min(13, r.cell * .34),
				children: f
			}),
			a !== null && /* @__PURE__ */ X(y, { children: [
				a > 0 && /* @__PURE__ */ X("rect", {
					class: "veil",
					x: "0",
					y: "0",
					width: c,
					height: a * r.height
				}),
				/* @__PURE__ */ X("rect", {
					class: "veil",
					x: "0",
					y: (a + 1) * r.height,
					width: c,
					height: l - (a + 1) * r.height
				}),
				/* @__PURE__ */ X("rect", {
					class: "ring",
					x: "1",
					y: a * r.height + 1,
					width: c - 2,
					height: r.height - 2,
					rx: "4"
				})
			] })
		]
	});
}
function an(e, t, n) {
	return `M${e - n} ${t}a${n} ${n} 0 1 0 ${2 * n} 0a${n} ${n} 0 1 0 ${-2 * n} 0z`;
}
function on(e, t, n) {
	let r = "", i = Ut(t, 0);
	for (let a = 1; a < n; a++) r += `M${i + 1} ${a * t.height}h${t.n * t.cell - 2}`, e.bos && (r += `M1 ${a * t.height}h${t.cell - 2}`);
	for (let e = 1; e < t.n; e++) r += `M${i + e * t.cell} 1v${n * t.height - 2}`;
	return r;
}
// src/ui/stage.tsx
function sn(e) {
	let { stage: t, step: n, g: r, focus: i, tokens: a } = e, [o, s] = K(!1), [c, l] = K(!1), u = (e) => i.at === e, d = t.stream.filter((e) => e.fresh), f = t.stream.filter((e) => !e.fresh), p = f.filter((e) => e.named !== !1), m = c || p.length === f.length ? f : p, h = n === 0 && t.directions.length <= 8;
	return /* @__PURE__ */ X("div", {
		class: "stage",
		children: [
			t.heads.map((t, o) => /* @__PURE__ */ X(nn, {
				head: t,
				g: r,
				focus: i,
				tokens: a,
				index: o,
				directions: e.directions,
				source: e.source
			}, `${n}.${o}`)),
			t.neurons.length > 0 && /* @__PURE__ */ X("section", {
				class: "part",
				children: [/* @__PURE__ */ X("h3", { children: "Neurons" }), t.neurons.map((e) => /* @__PURE__ */ X(cn, {
					group: e,
					g: r,
					focus: i
				}, e.name))]
			}),
			t.stream.length > 0 && /* @__PURE__ */ X("section", {
				class: "part",
				role: "table",
				"aria-label": "Values in the residual stream",
				children: [
					/* @__PURE__ */ X("h3", { children: n === 0 ? "Known from the start" : "In the residual stream" }),
					d.map((e) => /* @__PURE__ */ X(Q, {
						row: e,
						kind: "plain",
						g: r,
						lit: u
					}, e.full)),
					f.length > 0 && d.length > 0 && /* @__PURE__ */ X("p", {
						class: "divider",
						children: "from earlier layers"
					}),
					m.map((e) => /* @__PURE__ */ X(Q, {
						row: e,
						kind: "plain",
						g: r,
						lit: u,
						small: !0
					}, e.full)),
					p.length < f.length && /* @__PURE__ */ X("button", {
						type: "button",
						class: "quiet fold",
						"aria-expanded": c,
						onClick: () => l(!c),
						children: [
							c ? "Hide" : "Show",
							" ",
							f.length - p.length,
							" values without a name"
						]
					})
				]
			}),
			t.directions.length > 0 && /* @__PURE__ */ X("section", {
				class: "part",
				role: "table",
				"aria-label": "Directions of the residual stream",
				children: [h ? /* @__PURE__ */ X("h3", { children: "Directions written by the embedding" }) : /* @__PURE__ */ X("button", {
					type: "button",
					class: "quiet",
					"aria-expanded": o,
					onClick: () => s(!o),
					children: [
						o ? "Hide" : "Show",
						" the ",
						t.directions.length === 1 ? "direction" : `${t.directions.length} directions`,
						" that",
						" ",
						n ? "this layer" : "the embedding",
						" writes"
					]
				}), (o || h) && t.directions.map((e) => /* @__PURE__ */ X(Q, {
					row: e,
					kind: "plain",
					g: r,
					lit: u
				}, e.full))]
			}),
			!t.heads.length && !t.neurons.length && n > 0 && !t.stream.some((e) => e.fresh) && /* @__PURE__ */ X("p", {
				class: "hint",
				children: "This layer changes nothing: the answer is read off what is known."
			})
		]
	});
}
function cn(e) {
	let { group: t, g: n, focus: r } = e, i = `${t.recipe}: ${t.expression}`, a = /* @__PURE__ */ X(y, { children: [/* @__PURE__ */ X("b", { children: t.expression }), /* @__PURE__ */ X("small", { children: [
		t.name,
		", ",
		t.recipe,
		!t.active.length && `; how many of ${t.size} are active`
	] })] }), o = t.size > 3 ? Math.ceil(t.size / 2) : t.size, s = Math.max(5, Math.min(11, (n.cell - 8) / o - 3, n.height / 2 - 4)), c = { width: `${Ht(n) - n.gap - 2}px` };
	return /* @__PURE__ */ X("div", {
		class: "line neurons",
		children: [n.narrow && /* @__PURE__ */ X("div", {
			class: "above",
			children: a
		}), /* @__PURE__ */ X("div", {
			class: "cells",
			children: [!n.narrow && /* @__PURE__ */ X("span", {
				class: "name two label",
				style: c,
				title: i,
				children: a
			}), /* @__PURE__ */ X("span", {
				class: "run",
				style: { marginLeft: n.narrow ? `${Ht(n)}px` : `${n.gap + 2}px` },
				children: t.counts.map((e, i) => /* @__PURE__ */ X("span", {
					class: `cell dots${r.at === i ? " lit" : ""}`,
					"data-at": i,
					style: {
						width: `${n.cell}px`,
						height: `${n.height}px`,
						fontSize: `${Z(`${e}`, n)}px`
					},
					title: `${e} of ${t.size} active`,
					children: t.active.length ? /* @__PURE__ */ X("span", {
						class: "lights",
						style: { gridTemplateColumns: `repeat(${o}, auto)` },
						children: t.active[i].map((e, t) => /* @__PURE__ */ X("i", {
							class: e ? "on" : "",
							style: {
								width: `${s}px`,
								height: `${s}px`
							}
						}, t))
					}) : /* @__PURE__ */ X("span", {
						class: e ? "" : "zero",
						children: e
					})
				}, i))
			})]
		})]
	});
}
function ln(e) {
	let { view: t, g: n, focus: r } = e, i = (e) => r.at === e;
	return t ? /* @__PURE__ */ X("div", {
		class: "stage",
		children: /* @__PURE__ */ X("section", {
			class: "part",
			role: "table",
			"aria-label": "Logits",
			children: [
				/* @__PURE__ */ X("h3", { children: "Logits" }),
				/* @__PURE__ */ X("p", {
					class: "hint",
					children: "A score for each output value; at each position, the greatest wins."
				}),
				t.rows.map((e) => /* @__PURE__ */ X("div", {
					class: "line",
					role: "row",
					children: /* @__PURE__ */ X("div", {
						class: "cells",
						children: [/* @__PURE__ */ X("span", {
							role: "rowheader",
							class: "cell result",
							style: {
								marginLeft: `${Ht(n) - n.cell - n.gap}px`,
								marginRight: `${n.gap}px`,
								width: `${n.cell}px`,
								height: `${n.height}px`,
								fontSize: `${Z(e.value.text, n)}px`
							},
							title: e.value.full,
							children: e.value.text
						}), e.cells.map((t, r) => /* @__PURE__ */ X("span", {
							class: `cell logit${e.wins[r] ? " wins" : ""}${i(r) ? " lit" : ""}`,
							"data-at": r,
							title: `${t.full}${e.wins[r] ? ", the greatest" : ""}`,
							style: {
								width: `${n.cell}px`,
								height: `${n.height}px`,
								fontSize: `${Z(t.text, n)}px`
							},
							children: t.text
						}, r))]
					})
				}, e.value.full)),
				t.more > 0 && /* @__PURE__ */ X("p", {
					class: "hint",
					children: [t.more, " more output values win nowhere."]
				})
			]
		})
	}) : /* @__PURE__ */ X("div", {
		class: "stage",
		children: /* @__PURE__ */ X("section", {
			class: "part",
			children: [/* @__PURE__ */ X("h3", { children: "Answer" }), /* @__PURE__ */ X("p", {
				class: "hint",
				children: e.answers.length ? "One number is read off the stream at each position." : "The input is empty, and so is the answer."
			})]
		})
	});
}
// src/ui/proof.tsx
function un(e) {
	let { certificate: t, statement: n, length: r } = e, i = (e) => Number(e.limit) ? e.error / Number(e.limit) : 0, a = [...t.margins].sort((e, t) => i(t) - i(e));
	return /* @__PURE__ */ X("details", {
		class: "proof",
		children: [
			/* @__PURE__ */ X("summary", { children: ["Certificate ", /* @__PURE__ */ X("span", {
				class: "muted",
				children: n
			})] }),
			/* @__PURE__ */ X("p", { children: [
				"Proved from the weights, for every input over the vocabulary of at most ",
				t.max_len,
				" tokens",
				t.given ? ` where ${t.given}` : "",
				", in ",
				t.arithmetic,
				" arithmetic and any order of summation: the arithmetic of this page.",
				r > t.max_len ? ` The input of ${r} tokens is longer than that.` : ""
			] }),
			/* @__PURE__ */ X("div", {
				class: "scroll",
				children: /* @__PURE__ */ X("table", { children: [/* @__PURE__ */ X("thead", { children: /* @__PURE__ */ X("tr", { children: [
					/* @__PURE__ */ X("th", {
						scope: "col",
						children: "layer"
					}),
					/* @__PURE__ */ X("th", {
						scope: "col",
						children: "error of"
					}),
					/* @__PURE__ */ X("th", {
						scope: "col",
						children: "at most"
					}),
					/* @__PURE__ */ X("th", {
						scope: "col",
						children: "allowed"
					}),
					/* @__PURE__ */ X("th", {
						scope: "col",
						class: "bar",
						children: "used"
					}),
					/* @__PURE__ */ X("th", {
						scope: "col",
						children: "for"
					})
				] }) }), /* @__PURE__ */ X("tbody", { children: a.map((e, t) => /* @__PURE__ */ X("tr", { children: [
					/* @__PURE__ */ X("td", { children: e.layer }),
					/* @__PURE__ */ X("td", { children: e.kind }),
					/* @__PURE__ */ X("td", {
						class: "figure",
						children: U(e.error, 0)
					}),
					/* @__PURE__ */ X("td", {
						class: "figure",
						children: U(Number(e.limit), 0)
					}),
					/* @__PURE__ */ X("td", {
						class: "bar",
						title: `${U(100 * i(e), 0)} %`,
						children: /* @__PURE__ */ X("span", { style: { width: `${Math.max(1, Math.min(100, 100 * i(e)))}%` } })
					}),
					/* @__PURE__ */ X("td", {
						class: "formula",
						children: e.what
					})
				] }, t)) })] })
			})
		]
	});
}
// src/ui/stepper.tsx
function dn(e) {
	let { stages: t, step: n, last: r, hasAnswer: i, narrow: a, onStep: o } = e, s = a && r > 4 ? ["in", "out"] : [i ? "Embed" : "Start", "Answer"], c = (e) => e === 0 ? s[0] : e < t.length ? String(e) : s[1], l = t[n], u = l ? [...new Set([...l.heads, ...l.neurons].map((e) => "counts" in e ? e.expression : at(e.name.replace(/#\d+$/, ""))))] : [], d = n >= t.length ? "Answer" : l?.title ?? "";
	return /* @__PURE__ */ X("nav", {
		class: "stepper",
		"aria-label": "Layers",
		children: [/* @__PURE__ */ X("div", {
			class: "track",
			children: [
				/* @__PURE__ */ X("button", {
					type: "button",
					class: "arrow",
					"aria-label": "Previous layer",
					disabled: n <= 0,
					onClick: () => o(n - 1),
					children: "‹"
				}),
				/* @__PURE__ */ X("div", {
					class: "slide",
					children: [/* @__PURE__ */ X("input", {
						type: "range",
						min: "0",
						max: r,
						value: n,
						"aria-label": "Layer",
						"aria-valuetext": d,
						style: { "--share": `${r ? 100 * n / r : 0}%` },
						onInput: (e) => o(Number(e.target.value))
					}), /* @__PURE__ */ X("div", {
						class: "ticks",
						"aria-hidden": "true",
						children: Array.from({ length: r + 1 }, (e, t) => /* @__PURE__ */ X("button", {
							type: "button",
							tabIndex: -1,
							class: t === n ? "now" : t < n ? "done" : "",
							style: { left: `${r ? 100 * t / r : 0}%` },
							onClick: () => o(t),
							children: c(t)
						}, t))
					})]
				}),
				/* @__PURE__ */ X("button", {
					type: "button",
					class: "arrow",
					"aria-label": "Next layer",
					disabled: n >= r,
					onClick: () => o(n + 1),
					children: "›"
				})
			]
		}), /* @__PURE__ */ X("h2", { children: [d, u.length > 0 && /* @__PURE__ */ X("span", {
			class: "made",
			title: u.join(", then "),
			children: u.join(", then ")
		})] })]
	});
}
// src/ui/theme.tsx
function fn() {
	let e = document.body, t = e.dataset.jpThemeLight;
	if (t) return t === "false";
	if (/\bvscode-(dark|high-contrast)\b/.test(e.className)) return !0;
	if (e.classList.contains("vscode-light")) return !1;
	let n = document.documentElement;
	return e.classList.contains("dark") || n.getAttribute("theme") === "dark" ? !0 : e.classList.contains("light") || n.getAttribute("theme") === "light" ? !1 : matchMedia("(prefers-color-scheme: dark)").matches;
}
function pn(e) {
	let [t, n] = K(fn());
	return Ue(() => {
		let n = e.root.current.getRootNode();
		n.host.dataset.theme = t ? "dark" : "light", document.documentElement.style.colorScheme = t ? "dark" : "light";
	}, [t]), /* @__PURE__ */ X("button", {
		type: "button",
		class: "quiet theme",
		"aria-pressed": t,
		onClick: () => n(!t),
		children: t ? "Light" : "Dark"
	});
}
// src/ui/app.tsx
var mn = 20;
function hn(e) {
	let { page: t, model: n, port: r } = e, [i, a] = K(r.initial.tokens ?? t.tokens ?? []), [o, s] = K(n ? n.typed(i.map((e) => n.vocab[e])) : r.initial.typed ?? t.typed), [c, l] = K(t.trace), [u, d] = K(""), [f, p] = K(r.initial.layer ?? 1), [m, h] = K(r.initial.selected ?? null), [g, _] = K(0), v = We(null), y = We(null), b = Ge(() => {
		if (!n) return {
			...c ?? {
				tokens: [],
				answers: [],
				stages: []
			},
			logits: null
		};
		let e = n.run(i.map((e) => e + 1));
		return {
			tokens: ft(n, e),
			answers: e.answers.map(J),
			stages: pt(n, e, {
				...t.lines,
				named: t.named
			}, t.selections),
			logits: Et(n, e)
		};
	}, [
		n,
		i,
		c,
		t
	]), x = b.tokens.length, S = b.stages.length - 1 + +!!n, C = Math.max(0, Math.min(f, S)), w = Ke((e) => {
		let t = Math.max(0, Math.min(e, S));
		p(t), r.send({ layer: t });
	}, [S, r]), T = Ke((e) => {
		h(e), r.send({ selected: e });
	}, [r]), E = It(m !== null && m < x ? m : null, T), D = (e) => {
		a(e), s(n.typed(e.map((e) => n.vocab[e]))), d(""), r.send({ tokens: e });
	}, O = (e) => {
		let r = n && n.following(e);
		return r === t.stop ? null : r;
	}, k = Ge(() => O(i), [n, i]), A = (e) => {
		let t = [...i];
		for (let n = k; n !== null; n = e ? O(t) : null) t.push(n);
		D(t);
	}, j = (e) => {
		if (s(e), !n) {
			r.send({ typed: e });
			return;
		}
		let t = n.encode(n.parse(e));
		if (!Array.isArray(t)) return d(t.message);
		d("");
		let i = t.map((e) => e - 1);
		a(i), r.send({ tokens: i });
	};
	Ue(() => r.listen((e) => {
		e.layer !== void 0 && p(e.layer), e.selected !== void 0 && h(e.selected), e.trace && l(e.trace), e.typed !== void 0 && !n && s(e.typed), e.tokens && n && (a(e.tokens), s(n.typed(e.tokens.map((e) => n.vocab[e]))), d(""));
	}), [r, n]), Ue(() => {
		let e = new ResizeObserver(() => {
			let e = y.current, { paddingLeft: t, paddingRight: n } = getComputedStyle(e);
			_(e.clientWidth - parseFloat(t) - parseFloat(n));
		});
		return e.observe(y.current), () => e.disconnect();
	}, []);
	let ee = We(() => {});
	ee.current = (e) => {
		let t = e.composedPath()[0];
		if (e.shiftKey && !t.matches?.("input") && n?.content.causal && /^Arrow(Left|Right)$/.test(e.key)) {
			e.key === "ArrowRight" && k !== null && A(!1), e.key === "ArrowLeft" && i.length && D(i.slice(0, -1)), e.preventDefault();
			return;
		}
		if (e.altKey || e.ctrlKey || e.metaKey || t.matches?.("input, textarea, select")) return;
		let r = {
			ArrowLeft: -1,
			ArrowRight: 1
		}[e.key], a = {
			ArrowUp: -1,
			ArrowDown: 1
		}[e.key];
		if (r) w(C + r);
		else if (a && x && E.at !== null) {
			let e = Math.max(0, Math.min(x - 1, E.at + a));
			E.leave(), T(e);
			let n = t.closest?.(".strip");
			n && n.querySelectorAll("button")[e]?.focus();
		} else if (e.key === "Escape") E.leave(), T(null);
		else return;
		e.preventDefault();
	}, Ue(() => {
		let t = e.whole ? document : v.current, n = (e) => ee.current(e);
		return t.addEventListener("keydown", n), () => t.removeEventListener("keydown", n);
	}, [e.whole]);
	let M = b.stages.flatMap((e) => e.heads), N = Bt(g || 900, x, {
		queries: Math.max(1, ...M.map((e) => e.queries.length)),
		outputs: Math.max(1, ...M.map((e) => e.outputs.length)),
		bos: n !== null
	}), te = (e, t, n) => ({
		name: e,
		full: n,
		cells: t,
		line: null
	}), P = (e) => E.at === e, ne = (e) => {
		let t = e.currentTarget;
		for (let e of y.current.querySelectorAll(":scope > .scroll")) e.scrollLeft = t.scrollLeft;
	}, F = (e) => {
		let t = e.target.closest?.("[data-at]");
		t && !t.closest(".middle") && E.over(Number(t.dataset.at));
	}, I = b.stages[Math.min(C, b.stages.length - 1)], re = C < b.stages.length ? I : null, L = /* @__PURE__ */ new Map();
	b.stages.forEach((e, t) => {
		for (let n of [...e.heads, ...e.neurons]) {
			if (n.line === null) continue;
			let e = `${t}`, r = L.get(n.line) ?? [];
			r.includes(e) || L.set(n.line, [...r, e]);
		}
	});
	let R = E.head === null ? void 0 : re?.heads[E.head], z = R ? [R] : [...re?.heads ?? [], ...re?.neurons ?? []], ie = new Set(z.flatMap((e) => e.line === null ? [] : [e.line])), ae = n ? Object.assign([], Object.fromEntries(n.content.circuit.directions.map((e) => [e.index, e.name]))) : [];
	return /* @__PURE__ */ X("div", {
		class: `hx${e.whole ? " whole" : ""}`,
		ref: v,
		tabIndex: e.whole ? void 0 : 0,
		children: [
			/* @__PURE__ */ X("header", { children: [/* @__PURE__ */ X("div", {
				class: "title",
				children: [/* @__PURE__ */ X("h1", { children: t.title }), t.about && /* @__PURE__ */ X("p", {
					class: "about",
					children: t.about
				})]
			}), e.whole && /* @__PURE__ */ X(pn, { root: v })] }),
			/* @__PURE__ */ X("div", {
				class: "facts",
				children: [/* @__PURE__ */ X("span", {
					class: `badge ${t.status ? "proved" : "open"}`,
					children: t.status || (n ? "not certified" : "not compiled")
				}), /* @__PURE__ */ X("span", {
					class: "muted",
					children: t.facts
				})]
			}),
			t.why && /* @__PURE__ */ X("p", {
				class: "notice",
				children: t.why
			}),
			/* @__PURE__ */ X(Kt, {
				text: o,
				problem: u || c?.problem || "",
				model: n,
				fixed: !n && !r.live,
				next: k,
				onText: j,
				onNext: A,
				onBack: () => D(i.slice(0, -1))
			}),
			/* @__PURE__ */ X("div", {
				class: t.code && x <= mn ? "columns" : "columns stacked",
				children: [/* @__PURE__ */ X("main", {
					ref: y,
					class: "board",
					style: {
						"--seen": `${g - 8}px`,
						"--round": `${Math.min(5, N.cell * .14)}px`
					},
					onPointerOver: F,
					onPointerLeave: () => E.leave(),
					children: [
						/* @__PURE__ */ X("div", {
							class: "scroll",
							tabIndex: -1,
							onScroll: ne,
							children: /* @__PURE__ */ X("div", {
								class: "top",
								role: "table",
								"aria-label": "Input and answer",
								onClick: (e) => {
									let t = e.target.closest?.("[data-at]");
									t && E.pin(Number(t.dataset.at));
								},
								children: [/* @__PURE__ */ X(Q, {
									row: te("input", b.tokens, "the tokens"),
									kind: "input",
									g: N,
									lit: P
								}), /* @__PURE__ */ X(Q, {
									row: te("answer", b.answers, "the output value with the greatest logit"),
									kind: "result",
									g: N,
									lit: P
								})]
							})
						}),
						/* @__PURE__ */ X(dn, {
							stages: b.stages,
							step: C,
							last: S,
							hasAnswer: n !== null,
							narrow: N.narrow,
							onStep: w
						}),
						/* @__PURE__ */ X("div", {
							class: "scroll",
							tabIndex: -1,
							onScroll: ne,
							children: C < b.stages.length && I ? /* @__PURE__ */ X(sn, {
								stage: I,
								step: C,
								g: N,
								focus: E,
								tokens: b.tokens,
								directions: ae,
								source: (e) => t.code?.lines.find(([t]) => t === e)?.[1].trim() ?? ""
							}) : /* @__PURE__ */ X(ln, {
								view: b.logits,
								answers: b.answers,
								g: N,
								focus: E,
								tokens: b.tokens
							})
						})
					]
				}), t.code && /* @__PURE__ */ X(Mt, {
					code: t.code,
					tags: L,
					active: ie,
					onTag: (e) => w(Number(e))
				})]
			}),
			n?.content.certificate && /* @__PURE__ */ X(un, {
				certificate: n.content.certificate,
				statement: t.proof,
				length: x
			}),
			/* @__PURE__ */ X("p", {
				class: "sr",
				role: "status",
				"aria-live": "polite",
				children: u || `${b.tokens.map((e) => e.text).join(" ")}: ${b.answers.map((e) => e.text).join(" ")}`
			})
		]
	});
}
// src/main.tsx
async function gn(e) {
	let t = new Blob([e]).stream().pipeThrough(new DecompressionStream("gzip"));
	return new Uint8Array(await new Response(t).arrayBuffer());
}
function _n(e, t, n, r, i) {
	let a = e.attachShadow({ mode: "open" }), o = document.createElement("style");
	o.textContent = De;
	let s = document.createElement("div");
	return a.append(o, s), e.dataset.theme = fn() ? "dark" : "light", L(/* @__PURE__ */ X(hn, {
		page: t,
		model: n,
		port: r,
		whole: i
	}), s), () => L(null, s);
}
async function vn(e) {
	let t = (e) => document.getElementById(e)?.textContent?.trim() ?? "", n = JSON.parse(t("hardwire-page")), r = t("hardwire-model"), i = Uint8Array.from(atob(r), (e) => e.charCodeAt(0));
	_n(e, n, r ? we.read(await gn(i)) : null, {
		initial: {},
		listen: () => () => {},
		send: () => {},
		live: !1
	}, !0);
}
var yn = {
	tokens: "_tokens",
	typed: "_typed",
	layer: "layer",
	selected: "selected"
};
async function bn({ model: e, el: t }) {
	let n = JSON.parse(e.get("_page")), r = e.get("_weights"), i = new Uint8Array(r.buffer, r.byteOffset, r.byteLength), a = i.length ? we.read(await gn(i)) : null, o = {
		initial: {
			tokens: e.get(yn.tokens),
			typed: e.get(yn.typed),
			layer: e.get(yn.layer),
			selected: e.get(yn.selected)
		},
		live: !0,
		send: (t) => {
			for (let [n, r] of Object.entries(t)) e.set(yn[n], r);
			e.save_changes();
		},
		listen: (t) => {
			let n = Object.entries(yn).map(([n, r]) => [`change:${r}`, () => t({ [n]: e.get(r) })]);
			n.push(["change:_trace", () => t({ trace: JSON.parse(e.get("_trace")) })]);
			for (let [t, r] of n) e.on(t, r);
			return () => n.forEach(([t, n]) => e.off(t, n));
		}
	}, s = e.get("_trace");
	s && (n.trace = JSON.parse(s));
	let c = document.createElement("div");
	return t.append(c), _n(c, n, a, o, !1);
}
var xn = typeof document > "u" ? null : document.getElementById("hardwire-explore");
xn && vn(xn);
var Sn = { render: bn };
export { we as Model, Sn as default, H as repr, gn as unzip };
